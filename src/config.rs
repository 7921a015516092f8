//! What a server says about itself to the page that it serves: `config.json` beside the page.
//!
//! ```json
//! { "server_url": "http://localhost:50080", "colony": "dev", "executor_type": "wasm",
//!   "executor_name": "webpool", "colony_key": "", "link": true, "submit": true,
//!   "stale_after_s": 600 }
//! ```
//!
//! Every field may be missing and is empty then; others are ignored. A page that is served by
//! plain files has no `config.json`, which is no error. Who comes by an invite asks what it is about.

use serde::Deserialize;
use web_sys::RequestCache;
use webpool_wire::Secret;
use webpool_wire::invite::{self, Invitation};

use crate::browser::origin;
use crate::modules::{LoadError, fetch, page_url, post, read, resolve};

/// The file beside the page.
const CONFIG: &str = "config.json";

/// What a settings form can be filled with; a field that is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Such as `http://localhost:50080`.
    pub server_url: String,
    /// Name of the colony.
    pub colony: String,
    /// What executor names begin with.
    pub executor_name: String,
    /// What processes are matched against.
    pub executor_type: String,
    /// The colony's private key: only ever the public development key.
    pub colony_key: Secret,
    /// Whether the server is webpool's own, which lets executors join without the colony's key.
    pub link: bool,
    /// Whether it lets visitors submit who come from where this page is.
    pub submit: bool,
    /// After so long without a request for work it takes an executor off, in s.
    pub stale_after_s: Option<u32>,
}

/// Loads `config.json` from `base_url`, a folder that ends with a slash and may be relative to
/// the page's address; none if there is none that can be read.
///
/// # Cancellation
///
/// Loses nothing.
pub async fn load_config(base_url: &str) -> Option<Config> {
    let folder = resolve(base_url, &page_url()).ok()?;
    let url = resolve(CONFIG, &folder).ok()?;
    let response = fetch(&url, RequestCache::NoCache).await.ok()?;
    read(&response).await.ok()
}

/// Asks the page's own server, and no other, what an invite with this secret is about.
///
/// # Errors
///
/// If the server cannot be reached, knows no invites, or says what cannot be read. What is wrong
/// with the invite itself is no error: the invitation says it.
///
/// # Cancellation
///
/// Loses nothing: asking does not use an invite up.
pub async fn load_invite(secret: &Secret) -> Result<Invitation, LoadError> {
    let url = format!("{}{}", origin(), invite::PATH);
    read(&post(&url, secret.expose()).await?).await
}
