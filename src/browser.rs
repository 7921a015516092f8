//! What the edge asks of the browser: clock, chance, device, address; beacons, at once and when the
//! page goes; and the page's coming and going.
//!
//! The page's clock is `Date.now()`. Outside a page (no `window`) there is no device to describe
//! and nothing is posted.

use js_sys::{Date, Function, Math, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Navigator, PageTransitionEvent, Window};
use webpool_wire::Farewell;

use crate::pool::{Device, Moment};

/// The page's clock, in ms.
pub(crate) fn now_ms() -> f64 {
    Date::now()
}

/// This moment.
pub(crate) fn moment() -> Moment {
    Moment { now_ms: now_ms(), random: Math::random() }
}

/// Turns a time, or a count that the browser gives as a float, into a whole number.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from a float `as` rounds down and saturates, which is what is wanted"
)]
pub(crate) const fn to_u32(number: f64) -> u32 {
    number as u32
}

/// The origin of the page, such as `https://example.org`; empty outside a page.
pub(crate) fn origin() -> String {
    let origin = web_sys::window().and_then(|window| window.location().origin().ok());
    origin.unwrap_or_default()
}

/// 32 random hex digits for a page load.
pub fn fresh_visit() -> String {
    let mut bytes = [0; 16];
    let crypto = web_sys::window().and_then(|window| window.crypto().ok());
    let filled = crypto.map(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
    debug_assert!(filled.is_some_and(|filled| filled.is_ok()), "every browser has random bytes");
    format!("{:032x}", u128::from_be_bytes(bytes))
}

/// What the browser says about the computer.
pub(crate) fn device() -> Device {
    let Some(navigator) = navigator() else { return Device::default() };
    Device {
        cores: Some(to_u32(navigator.hardware_concurrency())).filter(|cores| *cores > 0),
        memory_gib: property(&navigator, "deviceMemory").as_f64(),
        platform: navigator.platform().unwrap_or_default(),
        has_locks: property(&navigator, "locks").is_object(),
        multiplexed: if is_multiplexed() { origin() } else { String::new() },
    }
}

/// Whether the page itself came over HTTP/2 or newer.
fn is_multiplexed() -> bool {
    let performance = web_sys::window().and_then(|window| window.performance());
    let entries = performance.map(|all| all.get_entries_by_type("navigation").get(0));
    let protocol = entries.map(|entry| property(&entry, "nextHopProtocol"));
    let protocol = protocol.and_then(|protocol| protocol.as_string()).unwrap_or_default();
    matches!(protocol.as_str(), "h2" | "h3")
}

/// Posts what makes executors leave, even while the page goes away. A string is `text/plain`.
pub(crate) fn beacon(farewells: &[Farewell]) {
    let Some(navigator) = navigator() else { return };
    for Farewell { url, body } in farewells {
        // refused only if the browser's queue is full: then the server finds out by itself
        navigator.send_beacon_with_opt_str(url, Some(body)).unwrap_or_default();
    }
}

/// Has the browser post what makes an executor leave when the page goes away, until this is dropped.
///
/// The listener is the browser's own `sendBeacon`, bound to what it posts: Firefox aborts scripts of a
/// page whose process it ends, in the middle of a listener too, and here is nothing to abort. Listeners
/// are called in the order in which they began to listen; see [`PageWatch::be_last`].
#[derive(Debug)]
pub(crate) struct Testament {
    window: Window,
    post: Function,
}

impl Testament {
    /// Begins to listen, if there is a page.
    pub(crate) fn new(Farewell { url, body }: &Farewell) -> Option<Self> {
        let window = web_sys::window()?;
        let navigator = window.navigator();
        let post: Function = property(&navigator, "sendBeacon").dyn_into().ok()?;
        let post: Function = post.bind2(&navigator, &url.into(), &body.into()).unchecked_into();
        let added = window.add_event_listener_with_callback("pagehide", &post);
        added.ok().map(|()| Self { window, post })
    }
}

impl Drop for Testament {
    fn drop(&mut self) {
        let Self { window, post } = self;
        window.remove_event_listener_with_callback("pagehide", post).unwrap_or_default();
    }
}

fn navigator() -> Option<Navigator> {
    web_sys::window().map(|window| window.navigator())
}

fn property(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or_default()
}

type Listener = Closure<dyn FnMut(PageTransitionEvent)>;

/// What happens to the page.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Passage {
    /// It goes away, perhaps for good.
    Hidden,
    /// It comes back from the back/forward cache.
    Restored,
}

/// Listens to the page's coming and going until it is dropped.
#[derive(Debug)]
pub(crate) struct PageWatch {
    window: Window,
    hide: Listener,
    show: Listener,
}

impl PageWatch {
    /// Begins to listen, if there is a page.
    pub(crate) fn new(on_passage: impl Fn(Passage) + Clone + 'static) -> Option<Self> {
        let window = web_sys::window()?;
        let on_hide = on_passage.clone();
        let hide: Listener = Closure::new(move |_| on_hide(Passage::Hidden));
        let show: Listener = Closure::new(move |event: PageTransitionEvent| {
            if event.persisted() {
                on_passage(Passage::Restored);
            }
        });
        let watch = Self { window, hide, show };
        watch.listen();
        Some(watch)
    }

    /// Is told last that the page goes away: after every [`Testament`] there is, which it may drop.
    pub(crate) fn be_last(&self) {
        self.unlisten();
        self.listen();
    }

    fn listen(&self) {
        for (name, listener) in self.listeners() {
            self.window.add_event_listener_with_callback(name, listener).unwrap_or_default();
        }
    }

    fn unlisten(&self) {
        for (name, listener) in self.listeners() {
            self.window.remove_event_listener_with_callback(name, listener).unwrap_or_default();
        }
    }

    fn listeners(&self) -> [(&str, &Function); 2] {
        let listeners = [("pagehide", &self.hide), ("pageshow", &self.show)];
        listeners.map(|(name, listener)| (name, listener.as_ref().unchecked_ref()))
    }
}

impl Drop for PageWatch {
    fn drop(&mut self) {
        self.unlisten();
    }
}
