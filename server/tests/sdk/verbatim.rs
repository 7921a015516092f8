//! The copies of the SDK's files are the SDK's files.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const TESTS: &[u8] = include_bytes!("colonyos-1.0.5/integration_test.rs.txt");
const LICENCE: &[u8] = include_bytes!("colonyos-1.0.5/LICENSE");

/// Where cargo has unpacked the crate.
fn unpacked() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["metadata", "--format-version", "1", "--offline", "--locked"]);
    let metadata: Value = serde_json::from_slice(&cargo.output().unwrap().stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let crate_of =
        |package: &&Value| package["name"] == "colonyos" && package["version"] == "1.0.5";
    let manifest = packages.iter().find(crate_of).unwrap()["manifest_path"].as_str().unwrap();
    Path::new(manifest).parent().unwrap().to_owned()
}

#[test]
fn the_sdks_tests_are_unchanged() {
    let folder = unpacked();
    assert!(std::fs::read(folder.join("tests/integration_test.rs")).unwrap() == TESTS);
    assert!(std::fs::read(folder.join("LICENSE")).unwrap() == LICENCE);
    let count = String::from_utf8_lossy(TESTS).matches("#[tokio::test]").count();
    assert_eq!(count, 21);
}
