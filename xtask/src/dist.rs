//! Fills `dist/`: what a server of files needs to serve the page.
//!
//! | file | what it is |
//! |---|---|
//! | `executor-H.js`, `executor-H.wasm` | the executor worker, its loader appended |
//! | `compute-H.js`, `compute-H.wasm` | the compute worker, its loader appended |
//! | `page-H.js`, `page-H.wasm`, `style-H.css` | the page, its loader appended |
//! | `pool-H.js`, `pool-H.wasm` | the pool as a library; `pool.js` is its stable name |
//! | `manifest.json` | the build id and the name of each file by role |
//! | `index.html` | the page's document, its placeholders filled in |
//!
//! H is 16 hex digits over the file's final content, so a name never changes its meaning
//! and may be cached for ever. Everything is written beside `dist/` and moved into place.

mod hash;
pub(crate) mod rig;

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};

use crate::repo::Repo;
use crate::wasm::{self, Module};

/// Files of `www/` that are not copied as they are.
const NOT_ASSETS: [&str; 4] = ["Cargo.toml", "index.html", "loader.js", "style.css"];

/// How often a build is begun whose sources change under it.
const MOST_BUILDS: u32 = 3;

/// The names of one module's files.
#[derive(Debug)]
struct Names {
    script: String,
    wasm: String,
}

/// Builds the modules, replaces `dist/` by them and returns the build id.
///
/// All modules carry the same id, the hash of their sources. Where the sources change during
/// the build, it starts anew.
///
/// # Errors
///
/// When a file of the sources is missing, a placeholder unknown, a tool fails, or the sources
/// keep changing; then `dist/` is as it was.
pub(crate) fn build(repo: &Repo, tool: &Path) -> Result<String> {
    let _lock = repo.lock()?;
    let folder = repo.root.join("dist.new");
    let id = || hash::of_sources(&repo.root);
    let build = settle(id, |build| fill_folder(repo, &folder, build, tool))?;
    replace(&folder, &repo.dist())?;
    Ok(build)
}

/// Builds until the sources were the same before and after, and returns their id.
fn settle(
    id: impl Fn() -> Result<String>,
    mut build: impl FnMut(&str) -> Result<()>,
) -> Result<String> {
    let mut before = id()?;
    for _ in 0..MOST_BUILDS {
        build(&before)?;
        let after = id()?;
        if after == before {
            return Ok(after);
        }
        println!("the sources changed during the build {before}: now they are {after}");
        before = after;
    }
    bail!("the sources changed during each of {MOST_BUILDS} builds; dist/ is as it was")
}

/// Writes everything that belongs into `dist/`.
fn fill_folder(repo: &Repo, folder: &Path, build: &str, tool: &Path) -> Result<()> {
    let document = repo.read("www/index.html")?;
    let style = repo.read("www/style.css")?;
    let modules = wasm::modules(repo, build, tool)?;

    empty(folder)?;
    let mut manifest = Map::new();
    manifest.insert("build".to_owned(), json!(build));
    let mut values = vec![("build", build.to_owned())];
    for module in &modules {
        let names = write_module(repo, folder, module)?;
        let entry = json!({ "script": names.script, "wasm": names.wasm });
        manifest.insert(module.role.name.to_owned(), entry);
        if module.role.name == "page" {
            values.extend([("page_script", names.script), ("page_wasm", names.wasm)]);
        }
    }
    values.push(("style", write_hashed(folder, "style", "css", style.as_bytes())?));
    std::fs::write(folder.join("index.html"), fill(&document, &values)?)?;
    std::fs::write(folder.join("manifest.json"), format!("{}\n", Value::Object(manifest)))?;
    copy_assets(&repo.root.join("www"), folder)
}

/// Writes one module's files and, for the pool, its stable names.
fn write_module(repo: &Repo, folder: &Path, module: &Module) -> Result<Names> {
    let name = module.role.name;
    let wasm = write_hashed(folder, name, "wasm", &module.wasm)?;
    let placeholder = module.wasm_name();
    ensure!(module.script.contains(&placeholder), "the script of {name} names no {placeholder}");
    let mut script = module.script.replace(&placeholder, &wasm);
    if let Some(loader) = module.role.loader {
        script.push_str(&repo.read(loader)?);
    }
    let script = write_hashed(folder, name, "js", script.as_bytes())?;
    if let Some(types) = &module.types {
        let stable =
            format!("export * from \"./{script}\";\nexport {{ default }} from \"./{script}\";\n");
        std::fs::write(folder.join(format!("{name}.js")), stable)?;
        std::fs::write(folder.join(format!("{name}.d.ts")), types)?;
    }
    Ok(Names { script, wasm })
}

/// Writes a file under the name of its content and returns that name.
fn write_hashed(folder: &Path, stem: &str, extension: &str, content: &[u8]) -> Result<String> {
    let name = format!("{stem}-{}.{extension}", hash::of_bytes(content));
    std::fs::write(folder.join(&name), content)?;
    Ok(name)
}

/// Replaces every `{{name}}` of a document.
fn fill(document: &str, values: &[(&str, String)]) -> Result<String> {
    let mut text = document.to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{{{{name}}}}}"), value);
    }
    let left = text.split("{{").nth(1).and_then(|rest| rest.split("}}").next());
    ensure!(left.is_none(), "www/index.html has an unknown placeholder: {}", left.unwrap_or(""));
    Ok(text)
}

/// Copies the pictures and other plain files that lie beside the page's document.
fn copy_assets(www: &Path, folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(www)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_asset = !NOT_ASSETS.iter().any(|other| name == *other);
        if is_asset && entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), folder.join(name))?;
        }
    }
    Ok(())
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}

/// Moves `new` to `place`; what lay there is gone only once the new one stands.
fn replace(new: &Path, place: &Path) -> Result<()> {
    let old = place.with_extension("old");
    if old.exists() {
        std::fs::remove_dir_all(&old)?;
    }
    if place.exists() {
        std::fs::rename(place, &old)?;
    }
    std::fs::rename(new, place)?;
    if old.exists() {
        std::fs::remove_dir_all(&old)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_and_unknown_ones_refused() {
        let values = [("build", "b1".to_owned()), ("style", "s.css".to_owned())];
        let text = fill("<a href={{style}} data-build={{build}}>{{build}}", &values).unwrap();
        assert_eq!(text, "<a href=s.css data-build=b1>b1");
        let error = fill("{{colour}}", &values).unwrap_err().to_string();
        assert_eq!(error, "www/index.html has an unknown placeholder: colour");
    }

    #[test]
    fn a_build_whose_sources_change_starts_anew() {
        // After how many builds the sources stay as they are, and the builds that makes.
        for (changes, expected) in [(0, Some(1)), (2, Some(3)), (3, None)] {
            let count = std::cell::Cell::new(0);
            let settled = settle(
                || Ok(count.get().min(changes).to_string()),
                |_| {
                    count.set(count.get() + 1);
                    Ok(())
                },
            );
            assert_eq!(settled.ok().map(|_| count.get()), expected, "{changes} changes");
        }
    }
}
