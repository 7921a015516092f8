//! The page's files as a server has them: another build of them, and parts that are missing or of
//! another build.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// The name of a file, by its role in the page and its kind: `script` or `wasm`.
pub(crate) fn named(folder: &Path, role: &str, kind: &str) -> Result<String> {
    in_manifest(folder, &format!("/{role}/{kind}"))
}

/// The build that lies there.
pub(crate) fn build_in(folder: &Path) -> Result<String> {
    in_manifest(folder, "/build")
}

fn in_manifest(folder: &Path, pointer: &str) -> Result<String> {
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json"))?)?;
    let text = manifest.pointer(pointer).and_then(Value::as_str);
    Ok(text.with_context(|| format!("no {pointer} in the manifest"))?.to_owned())
}

/// A file that is missing until it is put back.
pub(crate) struct Missing {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Missing {
    /// Takes a file away.
    pub(crate) fn take(path: PathBuf) -> Result<Self> {
        let bytes = fs::read(&path)?;
        fs::remove_file(&path)?;
        Ok(Self { path, bytes })
    }

    /// Puts it back.
    pub(crate) fn put_back(self) -> Result<()> {
        Ok(fs::write(&self.path, &self.bytes)?)
    }
}

/// Makes one worker's module one of another build: the id that is compiled into it is turned round.
pub(crate) fn turn_build_of(folder: &Path, role: &str) -> Result<()> {
    let build = build_in(folder)?;
    let turned: String = build.chars().rev().collect();
    let path = folder.join(named(folder, role, "wasm")?);
    let mut bytes = fs::read(&path)?;
    let count = replace_all(&mut bytes, build.as_bytes(), turned.as_bytes())?;
    ensure!(count > 0, "the module of the {role} does not carry its build");
    Ok(fs::write(&path, bytes)?)
}

/// Writes the files of a build into a folder as those of another one that lacks a function: the build's
/// id, the function's name and the hashes in the names of the files are turned round.
pub(crate) fn write_older(folder: &Path, newest: &Path, function: &str) -> Result<()> {
    let mut turned = BTreeMap::new();
    for text in [build_in(newest)?, function.to_owned()] {
        turned.insert(text.clone(), text.chars().rev().collect());
    }
    for name in names_in(newest)? {
        turned.extend(hash_of(&name).map(|hash| (hash.to_owned(), hash.chars().rev().collect())));
    }
    clear(folder)?;
    for name in names_in(newest)? {
        let mut bytes = fs::read(newest.join(&name))?;
        let mut new_name = name.clone();
        for (text, other) in &turned {
            let other: &String = other;
            replace_all(&mut bytes, text.as_bytes(), other.as_bytes())?;
            new_name = new_name.replace(text, other);
        }
        fs::write(folder.join(new_name), bytes)?;
    }
    Ok(())
}

/// Puts the files of a build into a folder; the one that names the build comes last.
pub(crate) fn add(folder: &Path, build: &Path) -> Result<()> {
    let (last, others): (Vec<_>, Vec<_>) =
        names_in(build)?.into_iter().partition(|name| name == "manifest.json");
    for name in others.into_iter().chain(last) {
        fs::copy(build.join(&name), folder.join(&name))?;
    }
    Ok(())
}

fn clear(folder: &Path) -> Result<()> {
    for name in names_in(folder)? {
        fs::remove_file(folder.join(name))?;
    }
    Ok(())
}

fn names_in(folder: &Path) -> Result<Vec<String>> {
    let names = fs::read_dir(folder)?.map(|entry| {
        let name = entry?.file_name();
        Ok(name.to_str().context("a name that is no text")?.to_owned())
    });
    names.collect()
}

/// The hash in a file's name, if there is one.
fn hash_of(name: &str) -> Option<&str> {
    let hash = name.split_once('-')?.1.split_once('.')?.0;
    (hash.len() == 16).then_some(hash)
}

/// Replaces a text by one that is as long; how often it was there.
fn replace_all(bytes: &mut [u8], text: &[u8], other: &[u8]) -> Result<usize> {
    let is_text = |(_, part): &(usize, &[u8])| *part == text;
    let places = bytes.windows(text.len()).enumerate().filter(is_text);
    let places: Vec<usize> = places.map(|(place, _)| place).collect();
    for place in &places {
        let part = bytes.get_mut(*place..place + text.len()).context("no such place")?;
        part.copy_from_slice(other);
    }
    Ok(places.len())
}
