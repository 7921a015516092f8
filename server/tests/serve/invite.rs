//! `webpool invite`: what it makes, lists, shows and revokes, beside a running server.

use std::fs;
use std::sync::Arc;

use crate::support::{Folder, Server, check_fails, run, text};

/// Runs `webpool invite …`; what it printed.
pub(crate) fn invite(folder: &Folder, line: &[&str]) -> String {
    let line: Vec<_> = ["invite"].iter().chain(line).copied().collect();
    let (code, out, errors) = text(&run(folder, &line));
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{line:?}: {out}");
    out
}

/// The link that was printed, and the invite's id.
pub(crate) fn link_and_id(out: &str) -> (String, String) {
    let id = out.split("the invite ").nth(1).unwrap();
    (out.lines().next().unwrap().to_owned(), id.chars().take(8).collect())
}

#[test]
fn an_invite_is_made_beside_a_running_server() {
    let server = Server::start(&[]);
    let folder = &server.folder;
    let limits =
        ["create", "--uses", "3", "--at-once", "8", "--expires", "7d", "--label", "Für Ada"];
    let out = invite(folder, &limits);
    let (link, id) = link_and_id(&out);
    let (page, token) = link.split_once("/#invite=").unwrap();
    assert_eq!((page, token.len()), (server.url.as_str(), 26));
    assert!(out.contains("3 visits, with 8 executors at the same time, until 20"), "{out}");
    assert!(out.contains("of this machine only"), "{out}");
    let listed = invite(folder, &["list"]);
    let row = listed.lines().find(|line| line.starts_with(&id)).unwrap();
    for part in ["open", "0 of 3", "0 of 8", "dev", "wasm", "Für Ada"] {
        assert!(row.contains(part), "{row}");
    }
    let shown = invite(folder, &["show", &id]);
    for part in ["Für Ada", "0 done, 0 failed, 0 given back"] {
        assert!(shown.contains(part), "{shown}");
    }
    // The secret is in the link only.
    assert!(!listed.contains(token) && !shown.contains(token));
    let out = invite(folder, &["revoke", &id.to_uppercase()]);
    assert!(out.contains(&format!("The invite {id} is revoked")), "{out}");
    assert!(invite(folder, &["list"]).contains("revoked"));
}

#[test]
fn an_invite_is_for_the_folders_own_colony() {
    let folder = Folder::new();
    let (code, ..) = text(&run(&folder, &["init", "--colony", "mine"]));
    assert_eq!(code, Some(0));
    let named = ["--url", "https://pool.example.org/", "--type", "t", "--name-prefix", "lab-"];
    let out = invite(&folder, &[&["create"][..], &named].concat());
    let (link, id) = link_and_id(&out);
    assert!(link.starts_with("https://pool.example.org/#invite="), "{link}");
    assert!(out.contains("any number of visits") && out.contains("for ever"), "{out}");
    assert!(!out.contains("this machine only"), "{out}");
    let shown = invite(&folder, &["show", &id]);
    for line in ["colony     mine", "type       t", "prefix     lab-", "expires    never"] {
        assert!(shown.lines().any(|other| other == line), "{shown}");
    }
    let listed = invite(&folder, &["list"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
}

#[test]
fn before_a_colonyos_server_the_page_has_to_be_named() {
    let server = Server::start(&["--colonies", "http://127.0.0.1:1"]);
    let folder = Arc::clone(&server.folder);
    let parts = ["in front of http://127.0.0.1:1", "--url"];
    check_fails(&folder, &["invite", "create"], 2, &parts);
    let out = invite(&folder, &["create", "--url", "https://pool.example.org"]);
    let (_, id) = link_and_id(&out);
    let shown = invite(&folder, &["show", &id]);
    assert!(shown.contains("type       wasm-dev\n"), "{shown}");
}

#[test]
fn mistakes_are_named() {
    let folder = Folder::new();
    assert!(invite(&folder, &["list"]).contains("webpool invite create"));
    let unknown = ["there is no invite 00000000", "webpool invite list"];
    check_fails(&folder, &["invite", "show", "00000000"], 1, &unknown);
    let long = "x".repeat(33);
    let prefix = ["invite", "create", "--name-prefix", &long];
    check_fails(&folder, &prefix, 2, &["the beginning of names has 0 to 32 characters"]);
    let label = ["invite", "create", "--label", "a\nb"];
    check_fails(&folder, &label, 2, &["without line breaks"]);
    // Nothing was made so far.
    assert!(!folder.path().join("webpool-data").exists());
    invite(&folder, &["create"]);
    check_fails(&folder, &["invite", "revoke", "00000000"], 1, &unknown);
    fs::write(folder.path().join("webpool-data/registrar.sqlite"), "no database at all").unwrap();
    check_fails(&folder, &["invite", "list"], 1, &["cannot use the invites in webpool-data"]);
}

#[cfg(unix)]
#[test]
fn the_registrars_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    invite(&folder, &["create"]);
    let mode = |name: &str| {
        let path = folder.path().join("webpool-data").join(name);
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode("."), mode("registrar.sqlite")), (0o700, 0o600));
}
