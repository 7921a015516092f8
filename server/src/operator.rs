//! `/operator`: the operator's view, behind the operator key.
//!
//! Who is invited, who came by what, what became of their processes; and an invite made or revoked, an
//! executor removed or banned, each with one click. Pages are made here and need no script: forms
//! post, and a `303` leads back. Nothing of it is kept by a browser (`no-store`), framed, or reached
//! from a page of another origin, one that `--allow-origin` names included (see [`crate::admission`]).
//!
//! - [`key`]: the operator key, and its file
//! - `sessions`: who is signed in
//! - `entrance`: signing in and out, and the page with one field
//! - `acts`: what one click does
//! - `view`: the list
//! - `making`: an invite's form, and its link
//! - `picture`: the link as a QR code
//! - `frame`: what all pages have in common
//! - `words`: times and numbers
//! - `style.css`: the look, the same as the page's

mod acts;
mod entrance;
mod frame;
pub(crate) mod key;
mod making;
mod picture;
mod sessions;
mod view;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, RawQuery, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFRESH};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use tokio::task::block_in_place;
use tokio::time::Instant;
use webpool_registrar::{Digest, Error as RegistrarError};

use crate::clock::now_ms;
use crate::link::Office;
use crate::throttle::Throttle;
use entrance::Operator;
use sessions::Sessions;
use view::{Look, Scene};

/// Where the view is; all of its pages are below.
pub(crate) const PATH: &str = "/operator";

/// Its style sheet.
const STYLE: &str = "/operator/style.css";

/// How often the list refreshes itself, in seconds.
const REFRESH_S: u32 = 5;

/// The longest form, in bytes.
const MAX_FORM_BYTES: usize = 16 << 10;

/// What its pages may do: show themselves, and post forms to this server.
const CONTENT: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'",
);

/// What the view is made from.
pub(crate) struct Desk {
    /// Who is here, and who may come.
    pub(crate) office: Office,
    /// What is kept of the operator key.
    pub(crate) key: Digest,
    /// How often the key may be tried.
    pub(crate) throttle: Throttle,
    /// What stands behind webpool, in words.
    pub(crate) behind: String,
    /// The type that a page suggests for executors.
    pub(crate) suggested_type: String,
}

struct Shared {
    desk: Desk,
    sessions: Sessions,
}

type Desks = State<Arc<Shared>>;

/// The routes.
pub(crate) fn router(desk: Desk) -> Router {
    let at = |rest: &str| format!("{PATH}{rest}");
    Router::new()
        .route(PATH, get(show))
        .route(&at("/session"), post(entrance::sign_in))
        .route(&at("/session/end"), post(entrance::sign_out))
        .route(&at("/invites/new"), get(making::propose))
        .route(&at("/invites"), post(making::make))
        .route(&at("/invites/{id}/revoke"), post(acts::revoke))
        .route(&at("/members/{id}/remove"), post(acts::remove))
        .route(&at("/members/{id}/ban"), post(acts::ban))
        .route(STYLE, get(style))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(from_fn(close_off))
        .with_state(Arc::new(Shared { desk, sessions: Sessions::default() }))
}

/// Whether a path is one of the view.
pub(crate) fn has(path: &str) -> bool {
    path.strip_prefix(PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Adds the headers of the view to its answers.
async fn close_off(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, CONTENT);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css")], include_str!("operator/style.css")).into_response()
}

/// A page as an answer.
fn answer(status: StatusCode, page: Markup) -> Response {
    (status, Html(page.into_string())).into_response()
}

/// The list; for who is not signed in the field for the key.
async fn show(
    State(shared): Desks,
    operator: Result<Operator, Response>,
    RawQuery(query): RawQuery,
) -> Response {
    let Ok(Operator(secret)) = operator else {
        return answer(StatusCode::OK, entrance::page(None));
    };
    let roster = match block_in_place(|| shared.desk.office.roster()) {
        Ok(roster) => roster,
        Err(error) => return broken(&error),
    };
    let look = Look::from_query(&query.unwrap_or_default());
    let said = shared.sessions.said(&secret, Instant::now());
    let page = view::page(&Scene {
        colony: shared.desk.office.colony(),
        behind: &shared.desk.behind,
        roster: &roster,
        said: said.as_deref(),
        look,
        refresh_s: REFRESH_S,
        now_ms: now_ms(),
    });
    let mut list = answer(StatusCode::OK, page);
    if !look.is_held {
        list.headers_mut().insert(REFRESH, HeaderValue::from(REFRESH_S));
    }
    list
}

/// What is said when the registrar's file fails; why is in the log.
fn broken(error: &RegistrarError) -> Response {
    tracing::error!("the operator's view: {}", crate::error::sentence(error));
    let sentence = "The file with the invites cannot be used: see webpool's log.";
    let page = frame::page("Operator’s view", &html! {}, &frame::trouble(sentence));
    answer(StatusCode::INTERNAL_SERVER_ERROR, page)
}

#[cfg(test)]
mod tests {
    use super::has;

    #[test]
    fn the_view_is_below_its_path() {
        assert!(has("/operator") && has("/operator/") && has("/operator/session"));
        assert!(!has("/") && !has("/operators") && !has("/api/operator"));
    }
}
