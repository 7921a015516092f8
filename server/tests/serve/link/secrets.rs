//! No secret of a colony gets anywhere: not into an answer, a frame, the log, a request to another
//! server, or a file but its own. A volunteer comes by an invite, works, is refused what it may not
//! do, and leaves; then all that came of it is searched.
//!
//! - `search`: what a secret looks like
//! - `tap`: what is sent to another server

mod search;
mod tap;

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use webpool_colony::request::GetColonies;

use self::search::Secret;
use self::tap::Tap;
use super::*;
use crate::colony::variables;
use crate::invite::invite;
use crate::support::{Folder, LOG, SCRIPT, http, run, text, webpool, with};

/// The data folder.
const DATA: &str = "webpool-data";

/// Something that came out of the server, and where.
type Trace = (String, Vec<u8>);

/// A server with all that comes out of it.
struct Scene {
    server: Server,
    /// The key of the colony's user.
    user: String,
    token: String,
    traces: Vec<Trace>,
}

impl Scene {
    fn new(server: Server, keys: &HashMap<String, String>) -> Self {
        let user = keys["COLONIES_PRVKEY"].clone();
        let page = server.url.clone();
        let (token, id) = invited::make(&server, &["--url", &page]);
        let shown = [invite(&server.folder, &["list"]), invite(&server.folder, &["show", &id])];
        let told = text(&run(&server.folder, &["env"])).1;
        let traces = vec![("commands".to_owned(), (shown.concat() + &told).into_bytes())];
        Self { server, user, token, traces }
    }

    async fn fetch(&mut self, what: &str, request: reqwest::RequestBuilder) {
        let answer = request.send().await.unwrap();
        let head = format!("{} {:?}\n", answer.status(), answer.headers());
        let body = answer.bytes().await.unwrap();
        self.traces.push((what.to_owned(), [head.as_bytes(), &body].concat()));
    }

    async fn post(&mut self, path: &str, body: &str) {
        let request = http().post(format!("{}{path}", self.server.url)).body(body.to_owned());
        self.fetch(&format!("POST {path}"), request).await;
    }

    /// Everything that is served, and what is not.
    async fn look_round(&mut self) {
        let script = format!("/{SCRIPT}");
        let paths = ["/", "/style.css", "/pool.js", "/manifest.json", &script, "/config.json"];
        let others = ["/health", "/healthz", "/metrics", "/api", "/pubsub", "/link", "/none"];
        let files = ["/link/invite", "/webpool-data/colony.json", "/..%2fwebpool-data/colony.json"];
        let views = ["/operator", "/operator/style.css", "/webpool-data/operator.key"];
        let strange: [&[(&str, &str)]; 2] = [&[], &[("origin", "https://evil.test")]];
        for path in paths.iter().chain(&others).chain(&files).chain(&views) {
            for headers in strange {
                let request = http().get(format!("{}{path}", self.server.url));
                self.fetch(&format!("GET {path}"), with(request, headers)).await;
            }
        }
        let token = self.token.clone();
        self.post("/link/invite", &token).await;
        self.post("/link/invite", &"0".repeat(26)).await;
        for body in ["{}", "nonsense", r#"{"payloadtype":"getserverinfomsg"}"#] {
            self.post("/api", body).await;
        }
        let user = PrivateKey::from_hex(&self.user).unwrap();
        let colonyname = || "dev".to_owned();
        self.post("/api", &GetExecutors { colonyname: colonyname() }.seal(&user)).await;
        self.post("/api", &GetUsers { colonyname: colonyname() }.seal(&user)).await;
        self.post("/api", &GetColonies {}.seal(&user)).await;
    }

    /// A volunteer's whole visit; who it was.
    async fn visit(&mut self) -> PrivateKey {
        let token = self.token.clone();
        let mut volunteer = invited::join(&self.server, &token).await;
        let json = |text: &str| Json::from_text(text).unwrap();
        let kind = kind(&self.server);
        let spec = FunctionSpec::new("add", "dev", &kind, json("[5, 3]"), json("{}"));
        let submit = Submit { spec: Some(spec) };
        let submitted = self.server.call(&submit, &self.user).await.unwrap();
        let assigned = volunteer.call(&assign(2)).await.unwrap();
        assert_eq!(assigned.processid, submitted.processid);
        self.be_refused(&mut volunteer, &GetExecutors { colonyname: "dev".to_owned() }).await;
        self.be_refused(&mut volunteer, &submit).await;
        let cancel = CancelProcess { processid: submitted.processid.clone() };
        self.be_refused(&mut volunteer, &cancel).await;
        volunteer.call(&close(&submitted.processid)).await.unwrap();
        let key = volunteer.key.clone();
        let (colonyname, executorname) = ("dev".to_owned(), volunteer.name.clone());
        volunteer.call(&RemoveExecutor { colonyname, executorname }).await.unwrap();
        self.traces.push(("frames".to_owned(), volunteer.heard.concat().into_bytes()));
        let guess = "0".repeat(26);
        let (turned_away, said) = invited::come(&self.server, &guess).await;
        assert!(matches!(said, Some(FromGateway::Refused(_))), "{said:?}");
        self.traces.push(("frames".to_owned(), turned_away.heard.concat().into_bytes()));
        key
    }

    async fn be_refused<R: Request>(&mut self, volunteer: &mut Volunteer, request: &R) {
        let answer = volunteer.call(request).await.map(drop);
        assert!(matches!(answer, Err(Error::Refused { status: 403, .. })), "{answer:?}");
        self.post("/api", &request.seal(&volunteer.key)).await;
    }

    /// Plays everything and ends the server; all that came out of it.
    async fn play(mut self) -> Vec<Trace> {
        self.look_round().await;
        let visitor = Secret::text("the volunteer's id", self.visit().await.id().as_str());
        self.traces.push(("announcement".to_owned(), self.server.announcement().into_bytes()));
        let folder = Arc::clone(&self.server.folder);
        let Self { server, mut traces, .. } = self;
        // While it runs there are files that it tidies away in the end.
        traces.extend(files(folder.path()));
        assert_eq!(server.terminate(), Some(0));
        traces.extend(files(folder.path()));
        let log = fs::read(folder.path().join(LOG)).unwrap();
        assert!(String::from_utf8_lossy(&log).contains("refused: "), "the log has nothing");
        traces.push(("log".to_owned(), log));
        // What is no secret is found where it should be, so a secret would be.
        for part in ["frames", "registrar.sqlite"] {
            let mut those = traces.iter().filter(|(name, _)| name.starts_with(part));
            assert!(those.any(|(_, bytes)| visitor.is_in(bytes)), "nobody was there: {part}");
        }
        traces
    }
}

/// The files of the data folder.
fn files(folder: &Path) -> Vec<Trace> {
    let entries = fs::read_dir(folder.join(DATA)).unwrap().map(Result::unwrap);
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let read = |path: &Path| (name(path), fs::read(path).unwrap());
    entries.map(|entry| read(&entry.path())).collect()
}

fn keys(of: &HashMap<String, String>) -> Vec<Secret> {
    let names = ["COLONIES_COLONY_PRVKEY", "COLONIES_SERVER_PRVKEY", "COLONIES_PRVKEY"];
    names.iter().map(|name| Secret::key(name, &of[*name])).collect()
}

/// Nothing has a secret in it, but for the one file whose secret it is.
fn search(traces: &[Trace], secrets: &[Secret], own: &str) {
    for secret in secrets {
        for (place, bytes) in traces {
            let is_own = place == own;
            assert_eq!(secret.is_in(bytes), is_own, "{} in {place}", secret.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_of_a_colony_stay_in_their_file() {
    let folder = Folder::with_colony("dev");
    let server = Server::start_traced(webpool(folder.path()), Arc::clone(&folder), &[]);
    let found = variables(&folder, &["--secrets"]);
    let scene = Scene::new(server, &found);
    let token = Secret::text("the invite's secret", &scene.token);
    let reader = fs::read_to_string(folder.path().join(DATA).join("registrar.key")).unwrap();
    let reader = Secret::key("the registrar's key", reader.trim());
    let operator = Secret::text("the operator key", &found["WEBPOOL_OPERATOR_KEY"]);
    let traces = scene.play().await;
    search(&traces, &keys(&found), "colony.json");
    search(&traces, &[reader], "registrar.key");
    search(&traces, &[operator], "operator.key");
    search(&traces, &[token], "nowhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owners_key_is_only_signed_with_before_other_servers() {
    for is_in_a_file in [false, true] {
        let (tap, folder) = (Tap::bind().await, Folder::with_colony("dev"));
        let options = ["--allow-host", &tap.address()];
        let broker = Server::start_traced(webpool(folder.path()), Arc::clone(&folder), &options);
        let found = variables(&folder, &["--secrets"]);
        let url = format!("http://{}", tap.address());
        let sent = tap.lead_to(broker.port());
        let gateway = start_gateway(&url, &found["COLONIES_COLONY_PRVKEY"], is_in_a_file);
        let scene = Scene::new(gateway, &found);
        let token = Secret::text("the invite's secret", &scene.token);
        let mut traces = scene.play().await;
        let sent = std::mem::take(&mut *sent.lock().unwrap());
        let has_joined = String::from_utf8_lossy(&sent).contains(AddExecutor::TYPE);
        assert!(has_joined, "nothing went to the other server");
        traces.push(("requests".to_owned(), sent));
        traces.push(("the other's log".to_owned(), fs::read(folder.path().join(LOG)).unwrap()));
        search(&traces, &keys(&found), "nowhere");
        search(&traces, &[token], "nowhere");
    }
}

/// A gateway with the owner's key from a file, or from the environment.
fn start_gateway(url: &str, key: &str, is_in_a_file: bool) -> Server {
    let folder = Arc::new(Folder::new());
    let mut command = webpool(folder.path());
    command.env("COLONIES_COLONY_NAME", "dev");
    let mut options = vec!["--colonies", url];
    if is_in_a_file {
        write_private(&folder.path().join("owner.key"), key);
        options.extend(["--owner-key-file", "owner.key"]);
    } else {
        command.env("COLONIES_COLONY_PRVKEY", key);
    }
    Server::start_traced(command, folder, &options)
}

#[cfg(unix)]
pub(crate) fn write_private(path: &Path, text: &str) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
}

#[cfg(not(unix))]
pub(crate) fn write_private(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}
