//! Where keys are taken from, and that nobody is shown one.

use std::path::PathBuf;

use super::*;
use crate::error::sentence;

/// A folder, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("webpool-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// A file for its owner only.
    fn file(&self, text: &str) -> PathBuf {
        let path = self.0.join("owner.key");
        fs::write(&path, text).unwrap();
        set_mode(&path, 0o600);
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) {}

#[test]
fn the_owners_key_is_in_a_file_or_in_the_environment() {
    let folder = Folder::new("owner-key");
    let (filed, named) = (PrivateKey::generate(), PrivateKey::generate());
    let path = folder.file(&format!("{}\n", filed.to_hex()));
    let lookup = |name| (name == "COLONIES_COLONY_PRVKEY").then(|| named.to_hex().to_owned());
    assert_eq!(owner_key_from(Some(&path), lookup).unwrap(), Some(filed));
    assert_eq!(owner_key_from(None, lookup).unwrap().as_ref(), Some(&named));
    assert_eq!(owner_key_from(None, |_| None).unwrap(), None);
    assert_eq!(owner_key_from(None, |_| Some(String::new())).unwrap(), None);
}

#[test]
fn what_is_no_key_is_not_repeated() {
    let folder = Folder::new("no-owner-key");
    let path = folder.file("secret");
    let lookup = |_| Some("secret".to_owned());
    let check = |error: &Error, part: &str| {
        let text = sentence(error);
        assert!(text.contains(part) && text.contains("64 hex digits"), "{text}");
        assert!(!text.contains("secret"), "{text}");
    };
    check(&owner_key_from(Some(&path), lookup).unwrap_err(), "owner.key holds no private key");
    check(&owner_key_from(None, lookup).unwrap_err(), "COLONIES_COLONY_PRVKEY holds no");
    let missing = owner_key_from(Some(&folder.0.join("none")), lookup).unwrap_err();
    assert!(sentence(&missing).contains("cannot read the private key in"), "{missing}");
}

#[cfg(unix)]
#[test]
fn a_key_that_others_may_read_is_not_used() {
    let folder = Folder::new("open-owner-key");
    let path = folder.file(PrivateKey::generate().to_hex());
    for mode in [0o640, 0o604, 0o660] {
        set_mode(&path, mode);
        let error = owner_key_from(Some(&path), |_| None).unwrap_err();
        assert!(sentence(&error).contains("chmod go-rwx"), "{error}");
    }
}

#[test]
fn the_registrar_has_one_key_of_its_own() {
    let folder = Folder::new("reader-key");
    let data = Data::open(&folder.0).unwrap();
    let key = reader_key(&data).unwrap();
    assert_eq!(reader_key(&data).unwrap(), key);
    let path = folder.0.join("registrar.key");
    assert!(data::is_private(&path).unwrap());
    assert_eq!(fs::read_to_string(&path).unwrap().trim(), key.to_hex());
    fs::write(&path, "").unwrap();
    let error = reader_key(&data).unwrap_err();
    assert!(sentence(&error).contains("registrar.key holds no private key"), "{error}");
}
