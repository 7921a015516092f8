//! A colony of its own, served: its keys work, the development keys do not, nobody is told a key,
//! and it may be reached from elsewhere under the names it was started for.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use webpool_colony::request::{
    AddColony, AddExecutor, ApproveExecutor, Assign, CloseSuccessful, GetColonies, GetUsers, Submit,
};
use webpool_colony::types::{Colony, Executor};
use webpool_colony::{Error, FunctionSpec, Json, PrivateKey};

use crate::support::{
    Folder, OWNER_KEY, SERVER_KEY, Server, USER_KEY, header, http, run, text, webpool, with,
};

/// A folder with the colony «mine».
fn colony() -> Arc<Folder> {
    Folder::with_colony("mine")
}

/// What `webpool env` says, by name.
pub(crate) fn variables(folder: &Folder, options: &[&str]) -> HashMap<String, String> {
    let (code, out, errors) = text(&run(folder, &[&["env"], options].concat()));
    assert_eq!(code, Some(0), "{errors}");
    let lines = out.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn executor(key: &PrivateKey) -> AddExecutor {
    let executor = Executor {
        executorid: key.id(),
        executortype: "wasm".to_owned(),
        executorname: "one".to_owned(),
        colonyname: "mine".to_owned(),
        ..Executor::default()
    };
    AddExecutor { executor: Some(executor) }
}

fn check_forbidden<T: std::fmt::Debug>(result: Result<T, Error>) {
    let error = result.unwrap_err();
    assert!(matches!(&error, Error::Refused { status: 403, .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_goes_round_with_its_own_keys() {
    let server = Server::start_in(colony(), &[]);
    let keys = variables(&server.folder, &["--secrets"]);
    let owner = keys["COLONIES_COLONY_PRVKEY"].as_str();
    let key = PrivateKey::generate();
    server.call(&executor(&key), owner).await.unwrap();
    let names = ("mine".to_owned(), "one".to_owned());
    let approve = ApproveExecutor { colonyname: names.0, executorname: names.1 };
    server.call(&approve, owner).await.unwrap();
    let mut command = webpool(server.folder.path());
    command.args(["submit", "echo", "7", "--wait"]);
    let submitting = tokio::task::spawn_blocking(move || command.output());
    let assign = Assign { colonyname: "mine".to_owned(), timeout: 15, ..Assign::default() };
    let process = server.call(&assign, key.to_hex()).await.unwrap();
    assert_eq!(process.initiatorid.as_str(), keys["COLONIES_ID"]);
    let close = CloseSuccessful { processid: process.processid, out: process.spec.args };
    server.call(&close, key.to_hex()).await.unwrap();
    let (code, out, errors) = text(&submitting.await.unwrap().unwrap());
    assert_eq!((code, out.as_str()), (Some(0), "7\n"), "{errors}");
}

#[tokio::test]
async fn the_development_keys_are_nobody() {
    let folder = colony();
    let server = Server::start_in(Arc::clone(&folder), &[]);
    let keys = variables(&folder, &["--secrets"]);
    let colonies = server.call(&GetColonies {}, &keys["COLONIES_SERVER_PRVKEY"]).await.unwrap();
    let colonies: Vec<_> =
        colonies.iter().flatten().map(|it| (it.name.as_str(), &it.colonyid)).collect();
    assert_eq!(colonies, [("mine", &keys["COLONIES_COLONY_ID"])]);
    let users = GetUsers { colonyname: "mine".to_owned() };
    let users = server.call(&users, &keys["COLONIES_PRVKEY"]).await.unwrap();
    let users: Vec<_> = users.iter().flatten().map(|it| it.userid.as_str()).collect();
    assert_eq!(users, [keys["COLONIES_ID"].as_str()]);
    let (args, kwargs) = (Json::from_strings(&["1"]), Json::from_text("{}").unwrap());
    let spec = FunctionSpec::new("echo", "mine", "wasm", args, kwargs);
    check_forbidden(server.call(&Submit { spec: Some(spec) }, USER_KEY).await);
    check_forbidden(server.call(&executor(&PrivateKey::generate()), OWNER_KEY).await);
    check_forbidden(server.call(&GetColonies {}, SERVER_KEY).await);
    let id = PrivateKey::from_hex(OWNER_KEY).unwrap().id().to_string();
    let dev = Colony { colonyid: id, name: "dev".to_owned() };
    check_forbidden(server.call(&AddColony { colony: Some(dev) }, SERVER_KEY).await);
}

#[tokio::test]
async fn nobody_is_told_a_key() {
    let mut server = Server::start_in(colony(), &[]);
    let config = server.get("/config.json", &[]).await.text().await.unwrap();
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    let expected = serde_json::json!({
        "mode": "broker", "server_url": server.url, "colony": "mine", "executor_type": "wasm",
        "executor_name": "webpool", "colony_key": "", "link": true,
        "submit": true, "stale_after_s": 600, "build": "a build",
    });
    assert_eq!(config, expected);
    let secrets = variables(&server.folder, &["--secrets"]);
    let shown = variables(&server.folder, &[]);
    let (said, page) = (server.announcement(), server.get("/", &[]).await.text().await.unwrap());
    for name in ["COLONIES_SERVER_PRVKEY", "COLONIES_COLONY_PRVKEY", "COLONIES_PRVKEY"] {
        let key = secrets[name].as_str();
        assert!(key.len() == 64 && !said.contains(key) && !page.contains(key), "{name}");
        assert!(!shown.contains_key(name) && !shown.values().any(|value| value == key), "{name}");
    }
    for name in ["COLONIES_SERVER_ID", "COLONIES_COLONY_ID", "COLONIES_ID"] {
        assert_eq!(shown[name], secrets[name]);
    }
    assert_eq!(shown["COLONIES_SERVER_PORT"], server.port());
    assert!(said.contains("mine, with keys of its own") && !said.contains("PUBLIC"), "{said}");
}

#[tokio::test]
async fn the_colony_is_there_after_a_restart() {
    let folder = colony();
    let before = variables(&folder, &["--secrets"]);
    for _ in 0..2 {
        let server = Server::start_in(Arc::clone(&folder), &[]);
        let users = GetUsers { colonyname: "mine".to_owned() };
        let users = server.call(&users, &before["COLONIES_PRVKEY"]).await.unwrap();
        assert_eq!(users.unwrap().len(), 1);
        assert_eq!(server.terminate(), Some(0));
    }
    let after = variables(&folder, &["--secrets"]);
    assert_eq!(after["COLONIES_COLONY_PRVKEY"], before["COLONIES_COLONY_PRVKEY"]);
}

/// A server bound to every address, and the status of a GET at 127.0.0.1 with some headers.
struct Open(Server);

impl Open {
    fn start() -> Self {
        let options = ["--host", "0.0.0.0", "--allow-host", "pool.test:443"];
        Self(Server::start_in(colony(), &options))
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let request = http().get(format!("http://127.0.0.1:{}{path}", self.0.port()));
        with(request, headers).send().await.unwrap()
    }

    async fn check(&self, headers: &[(&str, &str)], status: u16) {
        let answer = self.get("/health", headers).await;
        assert_eq!(answer.status(), status, "{headers:?}");
        assert_eq!(header(&answer, "access-control-allow-origin"), "", "{headers:?}");
    }
}

#[tokio::test]
async fn it_may_be_served_beyond_loopback() {
    let mut open = Open::start();
    let port = open.0.port().to_owned();
    assert_eq!(open.0.url, format!("http://0.0.0.0:{port}"));
    let said = open.0.announcement();
    assert!(said.contains(&format!("http://127.0.0.1:{port}\n")), "{said}");
    assert!(said.contains("plain HTTP"), "{said}");
    assert_eq!(variables(&open.0.folder, &[])["COLONIES_SERVER_HOST"], "127.0.0.1");
    // Through a proxy that speaks https, as the name it was started for.
    let proxied = [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-proto", "https")];
    let proxied = [&proxied[..], &[("host", "pool.test")]].concat();
    open.check(&proxied, 200).await;
    open.check(&[&proxied[..], &[("origin", "https://pool.test")]].concat(), 200).await;
    let config = open.get("/config.json", &proxied).await.text().await.unwrap();
    assert!(config.contains(r#""server_url":"https://pool.test""#), "{config}");
}

#[tokio::test]
async fn beyond_loopback_hosts_and_origins_are_judged_all_the_same() {
    let open = Open::start();
    let port = open.0.port().to_owned();
    open.check(&[("host", &format!("127.0.0.1:{port}"))], 200).await;
    for host in ["evil.test", "0.0.0.0", "192.0.2.99"] {
        open.check(&[("host", &format!("{host}:{port}"))], 403).await;
    }
    for origin in ["https://evil.test", "null", "http://pool.test"] {
        open.check(&[("host", "pool.test"), ("origin", origin)], 403).await;
    }
}

/// On Linux the whole of 127.0.0.0/8 is this machine: a second address without a second machine.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_address_at_which_a_request_arrives_is_admitted() {
    let open = Open::start();
    let port = open.0.port();
    let arrival: SocketAddr = format!("127.0.0.2:{port}").parse().unwrap();
    for (host, status) in [("127.0.0.2", 200), ("127.0.0.3", 403)] {
        let request = http().get(format!("http://{arrival}/health"));
        let host = format!("{host}:{port}");
        let answer = with(request, &[("host", &host)]).send().await.unwrap();
        assert_eq!(answer.status(), status, "{host}");
    }
}
