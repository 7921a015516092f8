//! The command line: what is announced, what is printed, and how it ends.

use std::fs;

use webpool_colony::PrivateKey;
use webpool_colony::request::{AddExecutor, ApproveExecutor, Assign, CloseFailed, CloseSuccessful};
use webpool_colony::types::Executor;

use crate::support::{Folder, OWNER_KEY, Server, check_fails, run, text, webpool};

#[test]
fn serve_announces_itself() {
    let mut server = Server::start(&[]);
    let announcement = server.announcement();
    let parts = ["submit add 5 3 --wait", "webpool-data", "KEYS ARE PUBLIC", server.url.as_str()];
    for part in parts {
        assert!(announcement.contains(part), "{announcement}");
    }
}

#[cfg(unix)]
#[test]
fn the_data_folder_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Server::start(&[]);
    let data = server.folder.path().join("webpool-data");
    assert_eq!(fs::metadata(data).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn the_page_is_told_what_it_needs() {
    let server = Server::start(&[]);
    let config: serde_json::Value =
        serde_json::from_str(&server.get("/config.json", &[]).await.text().await.unwrap()).unwrap();
    let expected = serde_json::json!({
        "mode": "broker", "server_url": server.url, "colony": "dev", "executor_type": "wasm",
        "executor_name": "webpool", "colony_key": "", "link": true, "submit": true,
        "stale_after_s": 600, "build": "a build",
    });
    assert_eq!(config, expected);
}

#[tokio::test]
async fn in_front_of_a_real_server_there_is_no_broker_and_no_key() {
    let server = Server::start(&["--colonies", "https://colonies.test/api/"]);
    let config: serde_json::Value =
        serde_json::from_str(&server.get("/config.json", &[]).await.text().await.unwrap()).unwrap();
    let expected = serde_json::json!({
        "mode": "colonies", "server_url": "https://colonies.test", "colony": "dev",
        "executor_type": "wasm-dev", "executor_name": "webpool", "colony_key": "",
        "link": false, "submit": false, "stale_after_s": null, "build": "a build",
    });
    assert_eq!(config, expected);
    let data = fs::read_dir(server.folder.path().join("webpool-data")).unwrap();
    let kept: Vec<_> = data.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(kept, ["address"]);
    let (code, out, _) = text(&run(&server.folder, &["env"]));
    assert_eq!(code, Some(0));
    let variables = "export COLONIES_SERVER_HOST=colonies.test\nexport COLONIES_SERVER_PORT=443\n\
                     export COLONIES_SERVER_TLS=true\nexport COLONIES_TLS=true\n# ";
    assert!(out.starts_with(variables) && out.lines().count() == 5, "{out}");
    assert!(out.contains("https://colonies.test") && out.contains("keys are not known"), "{out}");
    let (_, out, _) = text(&run(&server.folder, &["env", "--port", "7"]));
    assert!(out.contains(&format!("export COLONIES_COLONY_PRVKEY={OWNER_KEY}\n")), "{out}");
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn serve_says_why_it_cannot_start() {
    let server = Server::start(&[]);
    let folder = &server.folder;
    let port = ["serve", "--port", server.port(), "--data", "other"];
    check_fails(folder, &port, 1, &["port", "is in use", "--port"]);
    check_fails(folder, &["serve", "--port", "0"], 1, &["another webpool", "--data"]);
    check_fails(folder, &["serve", "--port", "0", "--dist", "none"], 1, &["cargo xtask build"]);
    let data = ["serve", "--port", "0", "--data", "secret.txt/data"];
    check_fails(folder, &data, 1, &["cannot write to the data folder", "--data DIR"]);
    let public = ["--host 0.0.0.0", "public", "webpool init --colony NAME"];
    check_fails(folder, &["serve", "--host", "0.0.0.0"], 2, &public);
    check_fails(folder, &["serve", "--colonies", "nonsense"], 2, &["«nonsense» is no server"]);
}

#[test]
fn env_remembers_the_address() {
    let server = Server::start(&[]);
    let (code, out, _) = text(&run(&server.folder, &["env"]));
    assert_eq!(code, Some(0));
    let port = format!("export COLONIES_SERVER_PORT={}\n", server.port());
    assert!(
        out.contains("export COLONIES_SERVER_HOST=127.0.0.1\n") && out.contains(&port),
        "{out}"
    );
    assert!(out.contains(&format!("export COLONIES_COLONY_PRVKEY={OWNER_KEY}\n")));
    let (_, out, _) = text(&run(&server.folder, &["env", "--port", "7", "--host", "::1"]));
    assert!(out.contains("COLONIES_SERVER_HOST=[::1]\nexport COLONIES_SERVER_PORT=7\n"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn submit_prints_what_became_of_it() {
    let server = Server::start(&[]);
    let key = PrivateKey::generate();
    let executor = Executor {
        executorid: key.id(),
        executortype: "wasm".to_owned(),
        executorname: "one".to_owned(),
        colonyname: "dev".to_owned(),
        ..Executor::default()
    };
    server.call(&AddExecutor { executor: Some(executor) }, OWNER_KEY).await.unwrap();
    let approve = ApproveExecutor { colonyname: "dev".to_owned(), executorname: "one".to_owned() };
    server.call(&approve, OWNER_KEY).await.unwrap();
    let line = ["submit", "echo", "7", "-8", "--count", "3", "--wait"];
    let mut command = webpool(server.folder.path());
    let submitting = tokio::task::spawn_blocking(move || command.args(line).output());
    for number in 0..3 {
        serve_one(&server, key.to_hex(), number).await;
    }
    let (code, out, errors) = text(&submitting.await.unwrap().unwrap());
    assert_eq!((code, out.as_str()), (Some(1), "7\n-8\n7\n-8\n"), "{errors}");
    assert!(errors.contains("failed: no luck"), "{errors}");
}

/// Echoes the arguments of the next process; fails the second one.
async fn serve_one(server: &Server, key: &str, number: u32) {
    let assign = Assign { colonyname: "dev".to_owned(), timeout: 15, ..Assign::default() };
    let process = server.call(&assign, key).await.unwrap();
    assert_eq!(process.spec.maxexectime, -1);
    let processid = process.processid;
    if number == 1 {
        let errors = vec!["no luck".to_owned()];
        server.call(&CloseFailed { processid, errors }, key).await.unwrap();
    } else {
        let out = process.spec.args;
        server.call(&CloseSuccessful { processid, out }, key).await.unwrap();
    }
}

#[test]
fn submit_says_why_it_fails() {
    let folder = Folder::new();
    // Nobody listens on port 1.
    let unreachable = ["submit", "f", "--server", "http://127.0.0.1:1"];
    check_fails(&folder, &unreachable, 1, &["http://127.0.0.1:1", "cannot reach the server"]);
    check_fails(&folder, &["submit", "f", "--kwargs", "[]"], 2, &["a JSON object"]);
    let mut command = webpool(folder.path());
    let output = command.args(["submit", "f"]).env("COLONIES_PRVKEY", "abc").output().unwrap();
    let (code, _, errors) = text(&output);
    assert_eq!(code, Some(2));
    assert!(errors.contains("64 hex digits") && !errors.contains("abc"), "{errors}");
}

#[test]
fn submit_prints_ids_and_gives_up_in_time() {
    let server = Server::start(&[]);
    let (code, out, _) = text(&run(&server.folder, &["submit", "f", "--count", "2"]));
    assert_eq!(code, Some(0));
    let ids: Vec<_> = out.lines().collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.iter().all(|id| id.len() == 64), "{out}");
    let waiting = ["submit", "f", "--args", "[1, null]", "--wait", "--timeout", "0.2"];
    check_fails(&server.folder, &waiting, 1, &["0.2 s"]);
}
