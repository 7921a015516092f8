//! Signing in and out, and the page of who is not signed in: one field for the operator key.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Form, FromRequestParts, State};
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use tokio::time::Instant;
use webpool_registrar::Token;

use super::sessions::{no_cookie, secret_of, to_cookie};
use super::{Desks, PATH, Shared, answer, broken, frame};
use crate::config::is_https;
use crate::peer::Client;

/// The form, and why it is there again.
pub(super) fn page(trouble: Option<&str>) -> Markup {
    let content = html! {
        div .narrow {
            h1 { "Operator’s view" }
            p { "See who works for this colony, invite others, and send away whom you do not want." }
            @if let Some(sentence) = trouble { (frame::trouble(sentence)) }
            form .fields method="post" action={ (PATH) "/session" } {
                label for="operator-key" { "Operator key" }
                input #operator-key type="password" name="key" required autofocus
                    autocomplete="current-password" autocapitalize="off" spellcheck="false"
                    aria-describedby="key-hint";
                p #key-hint .hint {
                    "Where webpool runs, " code { "webpool env --secrets" } " prints it."
                }
                button #sign-in .primary type="submit" { "Sign in" }
            }
        }
    };
    frame::page("Operator’s view", &html! {}, &content)
}

/// Somebody who is signed in: the secret of the session.
pub(super) struct Operator(pub(super) Token);

impl FromRequestParts<Arc<Shared>> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Response> {
        let secret = secret_of(&parts.headers);
        let is_known = |secret: &Token| shared.sessions.has(secret, Instant::now());
        secret.filter(is_known).map(Self).ok_or_else(|| {
            if parts.method == Method::POST {
                let sentence = "You are not signed in (any more), so nothing was done.";
                return refuse_entry(StatusCode::FORBIDDEN, sentence);
            }
            Redirect::to(PATH).into_response()
        })
    }
}

/// The field for the key again, and why.
fn refuse_entry(status: StatusCode, sentence: &str) -> Response {
    answer(status, page(Some(sentence)))
}

pub(super) async fn sign_in(
    State(shared): Desks,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Form(mut fields): Form<HashMap<String, String>>,
) -> Response {
    if let Err(wait) = shared.desk.throttle.try_key(client) {
        let seconds = wait.to_seconds();
        let sentence =
            format!("Too many keys were tried from your address. Try again in {seconds} s.");
        let mut refusal = refuse_entry(StatusCode::TOO_MANY_REQUESTS, &sentence);
        refusal.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        return refusal;
    }
    let key = fields.remove("key").and_then(|text| Token::from_text(text.trim()));
    if !key.is_some_and(|key| shared.desk.key.is_of(&key)) {
        tracing::warn!("somebody tried a wrong operator key");
        return refuse_entry(StatusCode::FORBIDDEN, "This is not the operator key.");
    }
    match Token::generate() {
        Ok(secret) => {
            shared.sessions.begin(&secret, Instant::now());
            back_with(&to_cookie(&secret, is_https(&headers)))
        }
        Err(error) => broken(&error),
    }
}

pub(super) async fn sign_out(
    State(shared): Desks,
    Operator(secret): Operator,
    headers: HeaderMap,
) -> Response {
    shared.sessions.end(&secret, Instant::now());
    back_with(&no_cookie(is_https(&headers)))
}

/// Leads to the list, with another cookie.
fn back_with(cookie: &str) -> Response {
    ([(SET_COOKIE, cookie)], Redirect::to(PATH)).into_response()
}
