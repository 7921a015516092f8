//! WebKitGTK: its driver, and the screen of its own that it needs, which nobody sees.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use fantoccini::wd::Capabilities;
use serde_json::json;

use crate::child::Running;
use crate::folder::Folder;
use crate::programs;
use crate::wait::{Look, until};

/// How long the driver may take to listen.
const LISTENS: Duration = Duration::from_secs(20);

/// Where it keeps things, below its profile.
const HOMES: [&str; 4] = ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"];

/// It paints without a graphics card.
const PAINTING: [(&str, &str); 3] = [
    ("LIBGL_ALWAYS_SOFTWARE", "1"),
    ("WEBKIT_DISABLE_COMPOSITING_MODE", "1"),
    ("WEBKIT_DISABLE_DMABUF_RENDERER", "1"),
];

/// Starts a screen and the driver, which listens at the port then.
pub(crate) async fn start(profile: &Folder) -> Result<(Running, Running, u16)> {
    let mut screen = Command::new(programs::xvfb()?);
    screen.args(["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]);
    screen.stderr(Stdio::null());
    let start = move || Running::start(&mut screen, "");
    let (screen, number) = tokio::task::spawn_blocking(start).await??;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let mut command = Command::new(programs::webkit_driver()?);
    command.args([format!("--port={port}"), "--host=127.0.0.1".to_owned()]);
    command.env("DISPLAY", format!(":{}", number.trim())).envs(PAINTING);
    for home in HOMES {
        command.env(home, profile.path());
    }
    let driver = Running::start_silent(&mut command)?;
    until("WebKitWebDriver at its port", LISTENS, async || {
        let connected = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
        Ok(Look::at(connected.ok(), "nobody listens"))
    })
    .await?;
    Ok((screen, driver, port))
}

pub(crate) fn capabilities(arguments: &[&str]) -> Result<Capabilities> {
    let arguments: Vec<&str> = ["--automation"].iter().chain(arguments).copied().collect();
    let all = json!({
        "browserName": "MiniBrowser",
        "webkitgtk:browserOptions": { "binary": programs::webkit()?, "args": arguments },
    });
    all.as_object().cloned().context("capabilities are an object")
}
