//! Fills `dist-test/handle/`: the rig that tries the promises of a worker handle.
//!
//! `rig.js` and `rig_bg.wasm` are the module as a page imports it, `executor.js` and `compute.js`
//! are the same with that worker's loader appended, and the rest are the plain files of the rig.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::empty;
use crate::repo::Repo;
use crate::wasm;

/// Where the rig's plain files lie.
const FILES: &str = "tests/handle/www";
/// The workers under test, and how each is loaded.
const SUBJECTS: [(&str, &str); 2] =
    [("executor.js", "worker/loader.js"), ("compute.js", "compute/loader.js")];

/// Builds the rig and returns its folder; `build` is the id of the modules beside it.
///
/// # Errors
///
/// When a tool fails or a file is missing.
pub(crate) fn build(repo: &Repo, build: &str, tool: &Path) -> Result<PathBuf> {
    let _lock = repo.lock()?;
    let module = wasm::rig(repo, build, tool)?;

    let folder = repo.root.join("dist-test").join("handle");
    empty(&folder)?;
    std::fs::write(folder.join(module.wasm_name()), &module.wasm)?;
    std::fs::write(folder.join("rig.js"), &module.script)?;
    for (name, loader) in SUBJECTS {
        let subject = format!("{}{}", module.script, repo.read(loader)?);
        std::fs::write(folder.join(name), subject)?;
    }
    for entry in std::fs::read_dir(repo.root.join(FILES))? {
        let entry = entry?;
        std::fs::copy(entry.path(), folder.join(entry.file_name()))?;
    }
    Ok(folder)
}
