//! A server to talk to, its folder, and signed requests.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use webpool_colony::{Error, PrivateKey, Request};

/// The public development keys.
pub(crate) const SERVER_KEY: &str =
    "fcc79953d8a751bf41db661592dc34d30004b1a651ffa0725b03ac227641499d";
pub(crate) const OWNER_KEY: &str =
    "ba949fa134981372d6da62b6a56f336ab4d843b22c02a4257dcf7d0d73097514";
pub(crate) const USER_KEY: &str =
    "ddf7f7791208083b6a9ed975a72684f6406a269cfa36f1b1c32045c0a71fff05";

/// A script with a content hash, long enough to be compressed.
pub(crate) const SCRIPT: &str = "page-0123456789abcdef.js";

/// The log of a server that was started for it.
pub(crate) const LOG: &str = "server.log";

/// The program, with no `COLONIES_…` variable set.
pub(crate) fn webpool(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_webpool"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("COLONIES_")) {
        command.env_remove(name);
    }
    command.current_dir(folder);
    command
}

/// Runs a command to its end.
pub(crate) fn run(folder: &Folder, line: &[&str]) -> Output {
    webpool(folder.path()).args(line).output().unwrap()
}

/// A command that prints nothing, complains with `parts` and ends with `code`.
pub(crate) fn check_fails(folder: &Folder, line: &[&str], code: i32, parts: &[&str]) {
    let (found, out, errors) = text(&run(folder, line));
    assert_eq!((found, out.as_str()), (Some(code), ""), "{line:?}: {errors}");
    for part in parts {
        assert!(errors.contains(part), "{line:?}: {errors}");
    }
}

/// What a finished command printed.
pub(crate) fn text(output: &Output) -> (Option<i32>, String, String) {
    let read = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), read(&output.stdout), read(&output.stderr))
}

/// A folder with a page, removed in the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("webpool-serve-{}-{number}", std::process::id());
        let folder = Self(std::env::temp_dir().join(name));
        let dist = folder.path().join("dist");
        fs::create_dir_all(dist.join("folder")).unwrap();
        let write = |name: &str, content: &[u8]| fs::write(dist.join(name), content).unwrap();
        write("index.html", b"<!doctype html><title>a page of forty bytes or more</title>");
        write("manifest.json", br#"{"build": "a build", "padding": "...................."}"#);
        write("pool.js", "export const pool = 1;\n".repeat(9).as_bytes());
        write(SCRIPT, "export const page = 1;\n".repeat(999).as_bytes());
        write("compute-0123456789abcdef.js", "self.onmessage = null;\n".repeat(9).as_bytes());
        write("page-fedcba9876543210.wasm", &b"\0asm\x01\0\0\0".repeat(99));
        write("style.css", "body { margin: 0 }\n".repeat(9).as_bytes());
        fs::write(folder.path().join("secret.txt"), "outside").unwrap();
        folder
    }

    /// With a colony that has keys of its own.
    pub(crate) fn with_colony(name: &str) -> Arc<Self> {
        let folder = Arc::new(Self::new());
        let (code, _, errors) = text(&run(&folder, &["init", "--colony", name]));
        assert_eq!(code, Some(0), "{errors}");
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// A running `webpool serve`, killed in the end.
pub(crate) struct Server {
    pub(crate) folder: Arc<Folder>,
    pub(crate) url: String,
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Server {
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::start_in(Arc::new(Folder::new()), options)
    }

    pub(crate) fn start_in(folder: Arc<Folder>, options: &[&str]) -> Self {
        let command = webpool(folder.path());
        Self::start_as(command, folder, options)
    }

    /// Starts it in front of ColonyOS servers.
    pub(crate) fn start_before(servers: &[&str]) -> Self {
        Self::start(&["--colonies", &servers.join(",")])
    }

    /// Starts it as a gateway in front of ColonyOS servers, with the key of the colony's owner.
    pub(crate) fn start_gateway(servers: &[&str]) -> Self {
        Self::start_gateway_at(Arc::new(Folder::new()), "0", servers)
    }

    /// The same over a folder, where `port` was.
    pub(crate) fn start_gateway_at(folder: Arc<Folder>, port: &str, servers: &[&str]) -> Self {
        let mut command = webpool(folder.path());
        command.env("COLONIES_COLONY_PRVKEY", OWNER_KEY).env("COLONIES_COLONY_NAME", "dev");
        Self::start_at(command, folder, port, &["--colonies", &servers.join(",")])
    }

    /// Starts it again where `port` was.
    pub(crate) fn start_again(folder: Arc<Folder>, port: &str) -> Self {
        let command = webpool(folder.path());
        Self::start_at(command, folder, port, &[])
    }

    /// Starts it with a command that becomes the program.
    pub(crate) fn start_as(command: Command, folder: Arc<Folder>, options: &[&str]) -> Self {
        Self::start_at(command, folder, "0", options)
    }

    /// The same, with all that can be logged in the folder's file [`LOG`].
    pub(crate) fn start_traced(
        mut command: Command,
        folder: Arc<Folder>,
        options: &[&str],
    ) -> Self {
        let log = fs::File::create(folder.path().join(LOG)).unwrap();
        command.args(["serve", "--port", "0"]).args(options).stdout(Stdio::piped());
        command.env("RUST_LOG", "trace").stderr(log);
        Self::of(command, folder)
    }

    fn start_at(mut command: Command, folder: Arc<Folder>, port: &str, options: &[&str]) -> Self {
        command.args(["serve", "--port", port]).args(options).stdout(Stdio::piped());
        command.stderr(Stdio::null());
        Self::of(command, folder)
    }

    /// Starts it with a command that becomes the program and has all its arguments; its standard
    /// output is a pipe.
    pub(crate) fn of(mut command: Command, folder: Arc<Folder>) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("webpool listening on ").unwrap().to_owned();
        Self { folder, url, child, stdout }
    }

    pub(crate) fn port(&self) -> &str {
        self.url.rsplit_once(':').unwrap().1
    }

    pub(crate) fn pid(&self) -> String {
        self.child.id().to_string()
    }

    /// What it announces after the first line.
    pub(crate) fn announcement(&mut self) -> String {
        let lines = self.stdout.by_ref().lines().map(Result::unwrap);
        lines.take_while(|line| !line.contains("Ctrl-C")).collect::<Vec<_>>().join("\n")
    }

    /// Ends it with SIGTERM; the exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        self.signal("-TERM");
        self.child.wait().unwrap().code()
    }

    /// Sends it a signal, such as `-STOP`.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.pid()]).status().unwrap();
        assert!(sent.success());
    }

    /// A GET of `path` with some headers.
    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let request = http().get(format!("{}{path}", self.url));
        with(request, headers).send().await.unwrap()
    }

    /// A signed request, read as its reply.
    pub(crate) async fn call<R: Request + Sync>(
        &self,
        request: &R,
        key: &str,
    ) -> Result<R::Reply, Error> {
        let key = PrivateKey::from_hex(key).unwrap();
        let post = http().post(format!("{}/api", self.url)).body(request.seal(&key));
        let response = post.send().await.unwrap();
        let status = response.status().as_u16();
        R::read(status, &response.bytes().await.unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A client that talks to loopback directly and does not follow redirections.
pub(crate) fn http() -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy();
    builder.redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

pub(crate) fn with(
    request: reqwest::RequestBuilder,
    headers: &[(&str, &str)],
) -> reqwest::RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

/// A header of a response, empty if it is not there.
pub(crate) fn header<'a>(response: &'a reqwest::Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}
