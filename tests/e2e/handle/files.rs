//! The rig's files over http, at a free port of 127.0.0.1.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// How long a browser may take to ask.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running server of files; one connection a file, one after the other.
#[derive(Debug)]
pub(super) struct Files {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Files {
    /// Serves what `cargo xtask` has built.
    ///
    /// # Errors
    ///
    /// If it is not there, or no port is free.
    pub(super) fn serve() -> Result<Self> {
        let folder = folder();
        ensure!(folder.join("rig_bg.wasm").is_file(), "nothing built in {}", folder.display());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let is_over = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let open = listener.incoming().take_while(|_| !until.load(Ordering::Relaxed));
            open.flatten().for_each(|stream| answer(&stream, &folder).unwrap_or_default());
        });
        Ok(Self { address, is_over, thread: Some(thread) })
    }

    /// The address of the page that tries these cases.
    pub(super) fn page(&self, cases: &[&str]) -> String {
        format!("http://{}/index.html?cases={}", self.address, cases.join(","))
    }
}

impl Drop for Files {
    /// A last connection wakes the thread, which then sees that it is over.
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if TcpStream::connect(self.address).is_ok() {
            self.thread.take().map(JoinHandle::join);
        }
    }
}

/// Where the rig was built: named by `WEBPOOL_HANDLE_RIG`, else in the checkout.
fn folder() -> PathBuf {
    let named = std::env::var_os("WEBPOOL_HANDLE_RIG").filter(|value| !value.is_empty());
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    named.map_or_else(|| checkout.join("dist-test/handle"), PathBuf::from)
}

/// Answers one request with a file of the folder, or with 404.
fn answer(mut stream: &TcpStream, folder: &Path) -> Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let lines: io::Result<Vec<String>> = BufReader::new(stream)
        .lines()
        .take_while(|line| line.as_ref().is_ok_and(|line| has_text(line)))
        .collect();
    let lines = lines?;
    let path = lines.first().and_then(|line| line.split(['/', '?', ' ']).nth(2));
    let name = path.context("no request")?;
    let kind = match name.rsplit('.').next() {
        Some("html") => "text/html",
        Some("js") => "text/javascript",
        Some("wasm") => "application/wasm",
        _ => "text/plain",
    };
    let (status, body) = match std::fs::read(folder.join(name)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    )?;
    Ok(stream.write_all(&body)?)
}

fn has_text(line: &str) -> bool {
    !line.is_empty()
}
