//! http: follows one process over a socket of its own.
//!
//! Whatever comes is only a hint: who follows reads the process afterwards. A server ends a
//! subscription by dropping the connection, and sends its errors as frames. Dropping a [`Follow`]
//! closes the socket; then nothing is heard.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, WebSocket};

type Listener = Closure<dyn FnMut(Event)>;

/// A subscription.
pub(crate) struct Follow {
    socket: Option<WebSocket>,
    _listeners: [Listener; 3],
}

impl Drop for Follow {
    fn drop(&mut self) {
        let Some(socket) = self.socket.take() else { return };
        socket.set_onopen(None);
        socket.set_onmessage(None);
        socket.set_onclose(None);
        if socket.ready_state() == WebSocket::CONNECTING {
            close_once_open(&socket);
        } else {
            drop(socket.close());
        }
    }
}

/// A browser complains in its console about a socket that is closed before it is open.
fn close_once_open(socket: &WebSocket) {
    let opened = socket.clone();
    let close = Closure::once_into_js(move || drop(opened.close()));
    socket.set_onopen(Some(close.unchecked_ref()));
}

/// Subscribes with the signed `body`; `hint` is called when a frame comes, `ended` when none will
/// come any more.
pub(crate) fn follow(
    server_url: &str,
    body: String,
    hint: impl Fn() + 'static,
    ended: impl Fn() + 'static,
) -> Follow {
    let url = format!("{}/pubsub", server_url.replacen("http", "ws", 1));
    let socket = WebSocket::new(&url).ok();
    let sender = socket.clone();
    let on_open: Listener = Closure::new(move |_| {
        if let Some(socket) = &sender {
            // If it cannot be sent the socket closes, which is heard.
            drop(socket.send_with_str(&body));
        }
    });
    let on_message: Listener = Closure::new(move |_| hint());
    let on_close: Listener = Closure::new(move |_| ended());
    if let Some(socket) = &socket {
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
    }
    Follow { socket, _listeners: [on_open, on_message, on_close] }
}
