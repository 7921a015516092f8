//! A disk without space: what cannot be stored is answered so, what was answered stays, and with
//! space again the server goes on by itself.
//!
//! The limit is the system's on the size of a file, for the server's process alone.

use std::process::Command;
use std::sync::Arc;

use webpool_colony::request::{Assign, CloseSuccessful, GetProcess, Submit};
use webpool_colony::{Error, FunctionSpec, Json, Process, ProcessState};

use crate::broker::join;
use crate::support::{Folder, Server, USER_KEY, webpool};

/// No file may grow beyond this.
const LIMIT_BYTES: &str = "2000000";

/// A server whose files are limited; the signal that goes with it is ignored.
fn start_limited(folder: &Arc<Folder>) -> Server {
    let plain = webpool(folder.path());
    let script = "trap '' XFSZ; exec prlimit --fsize=\"$0\": \"$@\"";
    let mut limited = Command::new("sh");
    limited.args(["-c", script, LIMIT_BYTES]).arg(plain.get_program()).current_dir(folder.path());
    for (name, _) in plain.get_envs() {
        limited.env_remove(name);
    }
    Server::start_as(limited, Arc::clone(folder), &[])
}

async fn submit(server: &Server, size_bytes: usize) -> Result<Process, Error> {
    let args = Json::from_strings(&["x".repeat(size_bytes)]);
    let kwargs = Json::from_text("{}").unwrap();
    let spec = FunctionSpec::new("echo", "dev", "wasm", args, kwargs);
    server.call(&Submit { spec: Some(spec) }, USER_KEY).await
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_stops_nothing() {
    let folder = Arc::new(Folder::new());
    let server = start_limited(&folder);
    let executor = join(&server, "one").await;
    let mut ids = Vec::new();
    let refused = loop {
        match submit(&server, 100_000).await {
            Ok(process) => ids.push(process.processid),
            Err(error) => break error,
        }
        assert!(ids.len() < 100, "the limit does not hold");
    };
    assert!(!ids.is_empty());
    let Error::Refused { status: 500, message } = refused else { panic!("{refused:?}") };
    assert!(message.contains("nothing was stored"), "{message}");
    for id in &ids {
        let process = server.call(&GetProcess { processid: id.clone() }, USER_KEY).await.unwrap();
        assert_eq!(process.state(), Some(ProcessState::Waiting));
    }

    let raise = ["--fsize=unlimited:", "--pid", &server.pid()];
    assert!(Command::new("prlimit").args(raise).status().unwrap().success());
    ids.push(submit(&server, 100_000).await.unwrap().processid);
    let assign = Assign { colonyname: "dev".to_owned(), timeout: 20, ..Assign::default() };
    let (last, rest) = ids.split_last().unwrap();
    for id in rest {
        let process = server.call(&assign, &executor).await.unwrap();
        assert_eq!(&process.processid, id, "none besides those that were acknowledged");
        let out = Json::from_strings(&["done"]);
        let close = CloseSuccessful { processid: process.processid, out };
        server.call(&close, &executor).await.unwrap();
    }
    drop(server);
    let server = Server::start_in(folder, &[]);
    assert_eq!(&server.call(&assign, &executor).await.unwrap().processid, last);
}
