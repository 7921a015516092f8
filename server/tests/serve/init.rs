//! `webpool init`: what it makes, what it refuses, and that nothing is ever overwritten.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use crate::support::{Folder, Server, check_fails, run, text, webpool};

const INIT: [&str; 3] = ["init", "--colony", "mine"];

fn data(folder: &Folder) -> PathBuf {
    folder.path().join("webpool-data")
}

/// Makes the colony «mine»; what was printed.
fn init(folder: &Folder) -> String {
    let (code, out, errors) = text(&run(folder, &INIT));
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{out}");
    out
}

/// The names in a folder, in their order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn has_key(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_hexdigit()).any(|word| word.len() >= 64)
}

#[test]
fn init_makes_keys_and_shows_none() {
    let folder = Folder::new();
    let out = init(&folder);
    for part in ["colony mine", "colony.json", "webpool serve", "env --secrets", "Keep a copy"] {
        assert!(out.contains(part), "{out}");
    }
    assert!(!has_key(&out), "{out}");
    assert_eq!(names(&data(&folder)), ["colony.json", "lock"]);
    let keys: serde_json::Value =
        serde_json::from_slice(&fs::read(data(&folder).join("colony.json")).unwrap()).unwrap();
    assert_eq!((keys["version"].as_u64(), keys["colony"].as_str()), (Some(1), Some("mine")));
    for key in ["server_key", "colony_key", "user_key"] {
        assert!(has_key(keys[key].as_str().unwrap()), "{key}");
    }
}

#[test]
fn init_refuses_bad_names() {
    let folder = Folder::new();
    for name in ["", "a:b", "a b", "-a", "a/b", &"x".repeat(65)] {
        let option = format!("--colony={name}");
        check_fails(&folder, &["init", &option], 2, &["1 to 64 letters a-z and A-Z, digits"]);
    }
    check_fails(&folder, &["init"], 2, &["--colony <NAME>"]);
    assert!(!data(&folder).exists());
}

#[test]
fn a_folder_with_a_colony_is_not_touched() {
    let folder = Arc::new(Folder::new());
    init(&folder);
    let keys = || fs::read(data(&folder).join("colony.json")).unwrap();
    let first = keys();
    let again = ["init", "--colony", "other"];
    check_fails(&folder, &again, 1, &["a colony of its own already", "--data DIR"]);
    let server = Server::start_in(Arc::clone(&folder), &[]);
    check_fails(&folder, &again, 1, &["another webpool is using the data folder", "--data"]);
    assert_eq!(server.terminate(), Some(0));
    assert_eq!(keys(), first);
    // The database without its keys: neither new keys nor the development ones get into it.
    fs::rename(data(&folder).join("colony.json"), folder.path().join("kept")).unwrap();
    for line in [&again[..], &["serve", "--port", "0"], &["env"], &["submit", "f"]] {
        check_fails(&folder, line, 1, &["colony.sqlite, but not its keys"]);
    }
    let kept = names(&data(&folder));
    assert!(!kept.iter().any(|name| name.starts_with("broker") || name.ends_with("json")));
}

#[test]
fn a_folder_with_the_development_colony_is_not_touched() {
    let server = Server::start(&[]);
    let folder = Arc::clone(&server.folder);
    check_fails(&folder, &INIT, 1, &["another webpool is using the data folder"]);
    assert_eq!(server.terminate(), Some(0));
    let before = names(&data(&folder));
    check_fails(&folder, &INIT, 1, &["a broker with the development colony already", "--data DIR"]);
    assert_eq!(names(&data(&folder)), before);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = Folder::new();
    let line = ["init", "--colony", "mine", "--data", "secret.txt/data"];
    check_fails(&folder, &line, 1, &["cannot write to the data folder secret.txt/data"]);
    let line = ["init", "--colony", "mine", "--data", "secret.txt"];
    check_fails(&folder, &line, 1, &["cannot write to the data folder secret.txt"]);
    assert_eq!(fs::read_to_string(folder.path().join("secret.txt")).unwrap(), "outside");
}

#[cfg(unix)]
mod permissions {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn everything_made_is_for_its_owner_only() {
        let folder = Arc::new(Folder::new());
        // Even where new files are for everybody.
        let line = "umask 0 && exec \"$0\" init --colony mine";
        let shell = |line: &str| {
            let program = webpool(folder.path()).get_program().to_owned();
            let mut shell = Command::new("sh");
            shell.current_dir(folder.path()).args(["-c", line]).arg(program).output().unwrap()
        };
        assert_eq!(shell(line).status.code(), Some(0));
        assert_eq!(mode(&data(&folder)), 0o700);
        let server = Server::start_in(Arc::clone(&folder), &[]);
        for name in names(&data(&folder)) {
            assert_eq!(mode(&data(&folder).join(&name)), 0o600, "{name}");
        }
        drop(server);
    }

    #[test]
    fn what_others_may_read_holds_no_keys() {
        let folder = Folder::new();
        fs::create_dir(data(&folder)).unwrap();
        set_mode(&data(&folder), 0o755);
        check_fails(&folder, &INIT, 1, &["other users of this machine", "chmod go-rwx", "--data"]);
        assert!(names(&data(&folder)).is_empty());
        set_mode(&data(&folder), 0o700);
        init(&folder);
        set_mode(&data(&folder).join("colony.json"), 0o640);
        for line in [&["serve", "--port", "0"][..], &["env"], &["submit", "f"]] {
            check_fails(&folder, line, 1, &["colony.json", "chmod go-rwx"]);
        }
    }

    /// The system kills the program as soon as it writes a byte into a file.
    #[test]
    fn a_crash_leaves_no_half_of_a_colony() {
        let folder = Folder::new();
        let program = webpool(folder.path()).get_program().to_owned();
        let mut shell = Command::new("sh");
        shell.current_dir(folder.path()).args(["-c", "ulimit -f 0 && exec \"$0\" \"$@\""]);
        let output = shell.arg(program).args(INIT).output().unwrap();
        assert!(output.status.signal().is_some(), "{output:?}");
        assert_eq!(names(&data(&folder)), ["colony.json.new", "lock"]);
        let (_, out, _) = text(&run(&folder, &["env"]));
        assert!(out.contains("COLONIES_COLONY_NAME=dev\n"), "{out}");
        init(&folder);
        assert_eq!(names(&data(&folder)), ["colony.json", "lock"]);
        let (_, out, _) = text(&run(&folder, &["env"]));
        assert!(out.contains("COLONIES_COLONY_NAME=mine\n"), "{out}");
    }
}

#[test]
fn a_file_without_keys_is_named_and_not_repeated() {
    let folder = Folder::new();
    init(&folder);
    let path = data(&folder).join("colony.json");
    let good = fs::read_to_string(&path).unwrap();
    for (text, part) in [("secret", "it is no JSON"), ("{}", "its `version` is not 1")] {
        fs::write(&path, text).unwrap();
        check_fails(&folder, &["env"], 1, &["cannot use the keys in", "colony.json", part]);
    }
    fs::write(&path, good.replace("\"user_key\": \"", "\"user_key\": \"x")).unwrap();
    let (code, out, errors) = text(&run(&folder, &["env", "--secrets"]));
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(errors.contains("its `user_key` is no private key") && !has_key(&errors), "{errors}");
}
