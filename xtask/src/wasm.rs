//! Compiles the crates that a browser runs and turns them into JavaScript modules.
//!
//! Each module has a role, a crate, and at most one loader: JavaScript that is appended to
//! the module, so that it calls the module's functions without importing them. The four
//! crates are compiled with the profile `wasm`; `js` in a run of its own, since it turns on
//! a feature of `webpool` that the page must not carry.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::repo::{Repo, WASM_TARGET, capture, program, run};

/// The oldest wasm-opt that reads what this compiler writes.
const WASM_OPT_VERSION: u32 = 116;

/// One JavaScript module with its wasm file.
#[derive(Debug)]
pub(crate) struct Role {
    /// Its name in `dist/`.
    pub(crate) name: &'static str,
    /// Its crate, without the leading `webpool-`.
    pub(crate) package: &'static str,
    /// What is appended to the JavaScript.
    pub(crate) loader: Option<&'static str>,
}

/// Every module of `dist/`.
pub(crate) const ROLES: [Role; 4] = [
    Role { name: "executor", package: "worker", loader: Some("worker/loader.js") },
    Role { name: "compute", package: "compute", loader: Some("compute/loader.js") },
    Role { name: "page", package: "www", loader: Some("www/loader.js") },
    Role { name: "pool", package: "js", loader: None },
];

/// What wasm-bindgen made of one role.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) role: &'static Role,
    /// The JavaScript, which names the wasm file [`Module::wasm_name`].
    pub(crate) script: String,
    pub(crate) wasm: Vec<u8>,
    /// TypeScript's description of the module, for the pool.
    pub(crate) types: Option<String>,
}

impl Module {
    /// The name under which the JavaScript asks for its wasm file.
    pub(crate) fn wasm_name(&self) -> String {
        format!("{}_bg.wasm", self.role.name)
    }
}

/// Adds the wasm32 target to the toolchain where it is missing.
///
/// # Errors
///
/// When it is missing and there is no rustup to add it.
pub(crate) fn add_target(repo: &Repo) -> Result<()> {
    let mut rustc = Command::new("rustc");
    rustc.current_dir(&repo.root).args(["--print", "target-libdir", "--target", WASM_TARGET]);
    if Path::new(capture(&mut rustc)?.trim()).is_dir() {
        return Ok(());
    }
    let rustup = program("rustup").with_context(|| {
        format!("the target {WASM_TARGET} is missing and there is no rustup to add it")
    })?;
    run(Command::new(rustup).current_dir(&repo.root).args(["target", "add", WASM_TARGET]))
}

/// Compiles every role and runs wasm-bindgen on it.
///
/// `build` is compiled into both ends of every border, so that they know each other.
pub(crate) fn modules(repo: &Repo, build: &str) -> Result<Vec<Module>> {
    add_target(repo)?;
    for packages in [&["webpool-worker", "webpool-compute", "webpool-www"][..], &["webpool-js"]] {
        compile(repo, build, packages)?;
    }
    run(&mut repo.cargo(&["build", "--quiet", "--release", "-p", "webpool-bindgen"]))?;
    let target = repo.target()?;
    let optimizer = optimizer();
    ROLES.iter().map(|role| module(role, &target, optimizer.as_deref())).collect()
}

fn compile(repo: &Repo, build: &str, packages: &[&str]) -> Result<()> {
    let mut cargo = repo.cargo(&["build", "--profile", "wasm", "--target", WASM_TARGET]);
    for package in packages {
        cargo.args(["-p", package]);
    }
    run(cargo.env("WEBPOOL_BUILD", build))
}

fn module(role: &'static Role, target: &Path, optimizer: Option<&Path>) -> Result<Module> {
    let out = target.join("bindgen").join(role.name);
    if out.exists() {
        std::fs::remove_dir_all(&out)?;
    }
    bindgen(role, target, &out)?;
    ensure!(
        !out.join("snippets").exists(),
        "a dependency of webpool-{} brings JavaScript of its own, which dist/ cannot carry",
        role.package
    );
    let wasm = out.join(format!("{}_bg.wasm", role.name));
    if let Some(optimizer) = optimizer {
        optimize(optimizer, &wasm)?;
    }
    Ok(Module {
        role,
        script: std::fs::read_to_string(out.join(format!("{}.js", role.name)))?,
        wasm: std::fs::read(wasm)?,
        types: std::fs::read_to_string(out.join(format!("{}.d.ts", role.name))).ok(),
    })
}

fn bindgen(role: &Role, target: &Path, out: &Path) -> Result<()> {
    let folder = target.join(WASM_TARGET).join("wasm");
    let program = format!("webpool-bindgen{}", std::env::consts::EXE_SUFFIX);
    let mut bindgen = Command::new(target.join("release").join(program));
    bindgen.arg(folder.join(format!("webpool_{}.wasm", role.package))).arg(out).arg(role.name);
    if role.name == "pool" {
        bindgen.arg("--typescript");
    }
    run(&mut bindgen)
}

/// Finds a wasm-opt that is recent enough; an older one breaks the modules.
fn optimizer() -> Option<PathBuf> {
    let path = program("wasm-opt")?;
    let text = capture(Command::new(&path).arg("--version")).ok()?;
    (optimizer_version(&text)? >= WASM_OPT_VERSION).then_some(path)
}

/// Reads `wasm-opt version 116 (version_116)`.
fn optimizer_version(text: &str) -> Option<u32> {
    text.split_whitespace().find_map(|word| word.parse().ok())
}

fn optimize(optimizer: &Path, wasm: &Path) -> Result<()> {
    let features = ["bulk-memory", "mutable-globals", "multivalue", "nontrapping-float-to-int"];
    let more = ["reference-types", "sign-ext"];
    let flags = features.iter().chain(&more).map(|feature| format!("--enable-{feature}"));
    run(Command::new(optimizer).arg("-Oz").args(flags).arg(wasm).arg("-o").arg(wasm))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_of_wasm_opt() {
        assert_eq!(optimizer_version("wasm-opt version 108 (version_108)\n"), Some(108));
        assert_eq!(optimizer_version("wasm-opt version 123"), Some(123));
        assert_eq!(optimizer_version("wasm-opt"), None);
    }
}
