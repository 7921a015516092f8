//! Garbage of a page and all its workers, also of those that workers have.
//!
//! A heap without work collects nothing, however much memory the browser says is short, and
//! chromedriver reaches the heap of the page only. So this speaks to Chromium itself, by its protocol
//! for debuggers, in one session with each heap.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// What Chromium is to be started with.
pub const ARGUMENT: &str = "--remote-debugging-port=0";
/// Into this file of its profile Chromium writes where it listens.
const PORT_FILE: &str = "DevToolsActivePort";

/// How long all of it may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// Collects the garbage of a page and so many workers. A worker that was ended and is not gone does
/// not answer, and does not count.
pub(super) async fn collect(profile: &Path, workers: usize) -> Result<()> {
    let file = profile.join(PORT_FILE);
    let text =
        fs::read_to_string(&file).with_context(|| format!("{} of {ARGUMENT}", file.display()))?;
    let (port, path) = text.split_once('\n').context("a port and a path")?;
    let url = format!("ws://127.0.0.1:{}{}", port.trim(), path.trim());
    let (socket, _) = connect_async(url).await?;
    let mut debugger = Debugger { socket, asked: 0, open: BTreeSet::new(), collected: 0 };
    let heaps = 1 + workers;
    let collected = timeout(DEADLINE, debugger.collect(heaps)).await;
    let (done, open) = (debugger.collected, debugger.open.len());
    collected.with_context(|| format!("{done} of {heaps} heaps, {open} do not answer"))?
}

struct Debugger {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Questions asked so far.
    asked: u64,
    /// Which heaps were asked to collect and have not answered.
    open: BTreeSet<u64>,
    /// How many have.
    collected: usize,
}

impl Debugger {
    async fn collect(&mut self, heaps: usize) -> Result<()> {
        self.watch(None).await?;
        while self.collected < heaps {
            let message = self.socket.next().await.context("it has hung up")??;
            let Message::Text(text) = message else { continue };
            let message: Value = serde_json::from_str(&text)?;
            if let Some(id) = message.get("id").and_then(Value::as_u64) {
                ensure!(message.get("error").is_none(), "answered {message}");
                self.collected += usize::from(self.open.remove(&id));
            } else if message.get("method") == Some(&json!("Target.attachedToTarget")) {
                self.greet(&message).await?;
            }
        }
        Ok(())
    }

    /// A session with another heap has begun.
    async fn greet(&mut self, event: &Value) -> Result<()> {
        let part = |pointer| event.pointer(pointer).and_then(Value::as_str);
        let session = part("/params/sessionId").context("no session")?.to_owned();
        if !matches!(part("/params/targetInfo/type"), Some("page" | "worker")) {
            // one of Chromium's own
            return Ok(());
        }
        self.watch(Some(&session)).await?;
        let number = self.ask(Some(&session), "HeapProfiler.collectGarbage", json!({})).await?;
        self.open.insert(number);
        Ok(())
    }

    /// Asks for a session with everything that something has made.
    async fn watch(&mut self, session: Option<&str>) -> Result<()> {
        let params =
            json!({ "autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true });
        self.ask(session, "Target.setAutoAttach", params).await?;
        Ok(())
    }

    /// Asks; returns the number of the question.
    async fn ask(&mut self, session: Option<&str>, method: &str, params: Value) -> Result<u64> {
        self.asked += 1;
        let mut question = json!({ "id": self.asked, "method": method, "params": params });
        if let (Some(session), Some(question)) = (session, question.as_object_mut()) {
            question.insert("sessionId".to_owned(), json!(session));
        }
        self.socket.send(Message::text(question.to_string())).await?;
        Ok(self.asked)
    }
}
