//! The modules that workers run: fetched and compiled once, then handed on to every worker.
//!
//! `manifest.json` names them by role, next to the build they belong to; its paths are relative to
//! it. A page of another build than the manifest's must be loaded again.
//!
//! Whatever else a page loads from its server goes through here too. Works in a window. Nothing here
//! tries again.

use std::fmt;

use js_sys::{Promise, WebAssembly};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, RequestCache, RequestInit, Response, Url};
use webpool_handle::codec;
use webpool_handle::error::text_of;
use webpool_wire::{BUILD, Trouble};

/// The file that names the modules.
const MANIFEST: &str = "manifest.json";
/// What a server calls a compiled module that can be compiled while it arrives.
const WASM_TYPE: &str = "application/wasm";

/// The modules of this build.
#[derive(Clone, Debug)]
pub struct Modules {
    pub(crate) executor: Module,
    pub(crate) compute: Module,
}

/// One worker's module.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    /// The absolute address of its script.
    pub(crate) script_url: String,
    /// What the script instantiates.
    pub(crate) compiled: WebAssembly::Module,
}

/// Why the modules could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// The address cannot be fetched, in the browser's words.
    Unreachable {
        /// What was asked for.
        url: String,
        /// Why not.
        reason: String,
    },
    /// The server does not hand it out.
    Status {
        /// What was asked for.
        url: String,
        /// The status of the reply.
        status: u16,
    },
    /// What the server says cannot be read.
    Unreadable {
        /// What was asked for.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The server has the modules of another build.
    Outdated {
        /// The server's build.
        build: String,
    },
    /// The browser cannot compile a module.
    Compile {
        /// What was asked for.
        url: String,
        /// Why not.
        reason: String,
    },
}

impl LoadError {
    /// Tells which trouble this is for the pool.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Outdated { .. } => Trouble::Outdated,
            Self::Unreachable { .. }
            | Self::Status { .. }
            | Self::Unreadable { .. }
            | Self::Compile { .. } => Trouble::NotLoaded,
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { url, reason } => write!(f, "{url} cannot be loaded: {reason}"),
            Self::Status { url, status } => {
                write!(f, "{url} cannot be loaded: the server answers {status}")
            }
            Self::Unreadable { url, reason } => write!(f, "{url} cannot be read: {reason}"),
            Self::Outdated { build } => {
                write!(f, "this page is of build {BUILD}, the server has build {build}: reload it")
            }
            Self::Compile { url, reason } => write!(f, "{url} cannot be compiled: {reason}"),
        }
    }
}

impl std::error::Error for LoadError {}

#[derive(Debug, Deserialize)]
struct Manifest {
    build: String,
    executor: Files,
    compute: Files,
}

#[derive(Debug, Deserialize)]
struct Files {
    script: String,
    wasm: String,
}

/// Loads the modules of this build from `base_url`, the folder of the manifest.
///
/// `base_url` ends with a slash and may be relative to the page's address. The manifest is asked
/// for anew each time; the modules have a name for each content and may come from the cache.
///
/// # Errors
///
/// [`LoadError::Outdated`] if the server has another build: reloading the page mends it. All others
/// say what could not be fetched, read or compiled; trying again may help.
///
/// # Cancellation
///
/// Loses what was fetched; the browser may still have it in its cache.
pub async fn load(base_url: &str) -> Result<Modules, LoadError> {
    let url = resolve(MANIFEST, &resolve(base_url, &page_url())?)?;
    let response = fetch(&url, RequestCache::NoCache).await?;
    let manifest: Manifest = read(&response).await?;
    if manifest.build != BUILD {
        return Err(LoadError::Outdated { build: manifest.build });
    }
    Ok(Modules {
        executor: load_module(&manifest.executor, &url).await?,
        compute: load_module(&manifest.compute, &url).await?,
    })
}

async fn load_module(files: &Files, base_url: &str) -> Result<Module, LoadError> {
    let script_url = resolve(&files.script, base_url)?;
    let url = resolve(&files.wasm, base_url)?;
    let response = fetch(&url, RequestCache::Default).await?;
    let compiled = compile(response).await;
    let compiled =
        compiled.map_err(|thrown| LoadError::Compile { url, reason: text_of(&thrown) })?;
    Ok(Module { script_url, compiled })
}

/// Reads a reply in JSON.
pub(crate) async fn read<T: DeserializeOwned>(response: &Response) -> Result<T, LoadError> {
    let unreadable = |reason: String| LoadError::Unreadable { url: response.url(), reason };
    let json = response.json().map_err(|thrown| unreadable(text_of(&thrown)))?;
    let value = JsFuture::from(json).await.map_err(|thrown| unreadable(text_of(&thrown)))?;
    codec::decode(value).map_err(unreadable)
}

/// Compiles while the bytes arrive, or afterwards if the server does not say what they are.
async fn compile(response: Response) -> Result<WebAssembly::Module, JsValue> {
    let kind = response.headers().get("content-type")?;
    let compiling = if kind.as_deref() == Some(WASM_TYPE) {
        WebAssembly::compile_streaming(&Promise::resolve(&JsValue::from(response)))
    } else {
        WebAssembly::compile(&JsFuture::from(response.array_buffer()?).await?)
    };
    JsFuture::from(compiling).await?.dyn_into()
}

pub(crate) async fn fetch(url: &str, cache: RequestCache) -> Result<Response, LoadError> {
    let options = RequestInit::new();
    options.set_cache(cache);
    send(url, &options).await
}

/// Posts a text as `text/plain`.
pub(crate) async fn post(url: &str, body: &str) -> Result<Response, LoadError> {
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_cache(RequestCache::NoStore);
    options.set_body(&JsValue::from_str(body));
    send(url, &options).await
}

async fn send(url: &str, options: &RequestInit) -> Result<Response, LoadError> {
    let unreachable =
        |thrown: JsValue| LoadError::Unreachable { url: url.to_owned(), reason: text_of(&thrown) };
    let request = Request::new_with_str_and_init(url, options).map_err(unreachable)?;
    let no_window = || unreachable(JsValue::from_str("there is no window"));
    let window = web_sys::window().ok_or_else(no_window)?;
    let reply = JsFuture::from(window.fetch_with_request(&request)).await.map_err(unreachable)?;
    let response: Response = reply.dyn_into().map_err(unreachable)?;
    if response.ok() {
        Ok(response)
    } else {
        Err(LoadError::Status { url: url.to_owned(), status: response.status() })
    }
}

pub(crate) fn page_url() -> String {
    let document = web_sys::window().and_then(|window| window.document());
    document.and_then(|document| document.base_uri().ok().flatten()).unwrap_or_default()
}

pub(crate) fn resolve(path: &str, base_url: &str) -> Result<String, LoadError> {
    let resolved = Url::new_with_base(path, base_url);
    resolved
        .map(|url| url.href())
        .map_err(|thrown| LoadError::Unreachable { url: path.to_owned(), reason: text_of(&thrown) })
}
