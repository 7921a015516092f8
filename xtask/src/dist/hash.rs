//! Names made from content: SHA-256, the first 16 hex digits.

use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// Everything that a byte of a wasm module may depend on.
const SOURCES: [&str; 13] = [
    "Cargo.lock",
    "Cargo.toml",
    "rust-toolchain.toml",
    "src",
    "worker",
    "compute",
    "js",
    "www",
    "crates/wire",
    "crates/handle",
    "crates/colony",
    "crates/executor",
    "crates/kernels",
];

/// Hashes one file's content.
pub(crate) fn of_bytes(content: &[u8]) -> String {
    short(&Sha256::digest(content))
}

/// Hashes the sources of all modules: the build id, stable while nothing changed.
pub(crate) fn of_sources(root: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    for source in SOURCES {
        add(&mut hash, &root.join(source), source)?;
    }
    Ok(short(&hash.finalize()))
}

/// Adds a file, or a folder's entries in the order of their names.
fn add(hash: &mut Sha256, path: &Path, name: &str) -> Result<()> {
    if path.is_dir() {
        let mut entries = std::fs::read_dir(path)?
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect::<Result<Vec<_>, _>>()?;
        entries.sort();
        for entry in entries {
            add(hash, &path.join(&entry), &format!("{name}/{}", entry.to_string_lossy()))?;
        }
        return Ok(());
    }
    let content = std::fs::read(path).with_context(|| format!("{name} is missing"))?;
    hash.update(format!("{name} {}\n", content.len()));
    hash.update(content);
    Ok(())
}

fn short(digest: &[u8]) -> String {
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_16_hex_digits_of_sha_256() {
        assert_eq!(of_bytes(b"abc"), "ba7816bf8f01cfea");
    }

    #[test]
    fn the_build_id_depends_on_every_file() {
        let folder = std::env::temp_dir().join(format!("webpool-hash-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("a")).unwrap();
        let id = |content: &str| {
            std::fs::write(folder.join("a/b.rs"), content).unwrap();
            let mut hash = Sha256::new();
            add(&mut hash, &folder, "root").unwrap();
            short(&hash.finalize())
        };
        let (first, second, again) = (id("1"), id("2"), id("1"));
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(first, again);
        assert_ne!(first, second);
    }
}
