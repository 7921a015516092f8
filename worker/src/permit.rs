//! http: the shared right to long-poll; the locks behind it are link's too.
//!
//! A browser opens at most six HTTP/1.1 connections to a host, over all tabs. Four of them may be
//! held by polls: a permit is one of four exclusive Web Locks per server, and slot s queues for lock
//! s mod 4. Where there are no Web Locks (no secure context) the page hands the permits out.
//!
//! Dropping a [`Permit`] gives it back, or takes the wish for it back.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::AbortController;
use webpool_wire::FromExecutor;

use crate::report;

#[wasm_bindgen]
extern "C" {
    // web-sys has Web Locks among its unstable interfaces only.
    #[wasm_bindgen(js_namespace = ["navigator", "locks"], js_name = request)]
    fn request_lock(name: &str, options: &Object, granted: &Function) -> Promise;
}

/// How many polls may be open to one server.
const PERMITS: u32 = 4;

/// Who hands out the permits.
pub(crate) enum Source {
    /// The browser, over all tabs.
    Locks {
        /// The lock this slot queues for.
        name: String,
    },
    /// The page, over its slots.
    Page,
    /// Nobody has to: everybody may poll.
    Free,
}

impl Source {
    /// The source for a slot that polls `server_url`.
    pub(crate) fn new(has_locks: bool, server_url: &str, slot: u32) -> Self {
        if has_locks {
            Self::Locks { name: format!("webpool-poll {server_url} {}", slot % PERMITS) }
        } else {
            Self::Page
        }
    }
}

/// A permit, or the wish for one.
pub(crate) enum Permit {
    /// Of the browser.
    Lock {
        /// Ends the wish.
        controller: Option<AbortController>,
        /// Ends the permit, once granted.
        release: Rc<RefCell<Option<Function>>>,
        /// Whether nobody wants it any more.
        is_over: Rc<Cell<bool>>,
        _granted: Closure<dyn FnMut(JsValue) -> Promise>,
    },
    /// Of the page.
    Asked {
        /// The way to the page.
        tell: Rc<dyn Fn(FromExecutor)>,
    },
    /// Of nobody.
    Free,
}

impl Permit {
    /// Asks for a permit; `granted` is called once it is there (by the page's message otherwise),
    /// `refused` if the browser does not allow Web Locks here.
    pub(crate) fn ask(
        source: &Source,
        tell: &Rc<dyn Fn(FromExecutor)>,
        granted: impl Fn() + 'static,
        refused: impl FnOnce() + 'static,
    ) -> Self {
        match source {
            Source::Locks { name } => ask_lock(name, granted, refused),
            Source::Page => {
                tell(FromExecutor::PermitWanted);
                Self::Asked { tell: Rc::clone(tell) }
            }
            Source::Free => {
                granted();
                Self::Free
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        match self {
            Self::Lock { controller, release, is_over, .. } => match release.take() {
                _ if is_over.replace(true) => {}
                Some(release) => {
                    let released = release.call0(&JsValue::UNDEFINED);
                    debug_assert!(released.is_ok(), "resolving a promise cannot fail");
                }
                None => {
                    if let Some(controller) = controller {
                        controller.abort();
                    }
                }
            },
            Self::Asked { tell } => tell(FromExecutor::PermitReturned),
            Self::Free => {}
        }
    }
}

/// Whether there are Web Locks here.
pub(crate) fn has_locks() -> bool {
    let navigator = report::field(&js_sys::global(), "navigator");
    report::field(&navigator, "locks").is_object()
}

/// Asks for an exclusive lock of the browser, over all tabs; `granted` is called once it is there,
/// `refused` if the browser does not allow Web Locks here.
pub(crate) fn ask_lock(
    name: &str,
    granted: impl Fn() + 'static,
    refused: impl FnOnce() + 'static,
) -> Permit {
    let is_over: Rc<Cell<bool>> = Rc::default();
    let was_over = Rc::clone(&is_over);
    let release: Rc<RefCell<Option<Function>>> = Rc::default();
    let keep = Rc::clone(&release);
    let on_grant = Closure::new(move |_lock: JsValue| {
        let held = Promise::new(&mut |resolve, _reject| {
            keep.replace(Some(resolve));
        });
        granted();
        held
    });
    let controller = AbortController::new().ok();
    let options = Object::new();
    if let Some(controller) = &controller {
        let is_set = Reflect::set(&options, &JsValue::from_str("signal"), &controller.signal());
        debug_assert!(is_set.is_ok(), "a fresh object takes any field");
    }
    let ended = request_lock(name, &options, on_grant.as_ref().unchecked_ref());
    spawn_local(async move {
        // Ends when the permit was given back; with an error when the wish was taken back, or where
        // the browser forbids locks (a sandboxed frame, blocked storage).
        if JsFuture::from(ended).await.is_err() && !was_over.get() {
            refused();
        }
    });
    Permit::Lock { controller, release, is_over, _granted: on_grant }
}
