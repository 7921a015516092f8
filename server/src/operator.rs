//! `/operator`: the operator's view, behind the operator key.
//!
//! Who is invited, who came by what, what became of their processes; and an invite made or revoked, an
//! executor removed or banned, each with one click. Pages are made here and need no script: forms
//! post, and a `303` leads back. Nothing of it is kept by a browser (`no-store`), framed, or reached
//! from a page of another origin, one that `--allow-origin` names included (see [`crate::admission`]).
//!
//! - [`key`]: the operator key, and its file
//! - `sessions`: who is signed in
//! - `entrance`: the page with one field
//! - `view`: the list
//! - `making`: an invite's form, and its link
//! - `picture`: the link as a QR code
//! - `frame`: what all pages have in common
//! - `words`: times and numbers
//! - `style.css`: the look, the same as the page's

mod entrance;
mod frame;
pub(crate) mod key;
mod making;
mod picture;
mod sessions;
mod view;
mod words;

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Form, FromRequestParts, Path, RawQuery, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFRESH, RETRY_AFTER,
    SET_COOKIE,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use maud::Markup;
use tokio::task::block_in_place;
use tokio::time::Instant;
use webpool_colony::Id;
use webpool_registrar::{Digest, Error as RegistrarError, InviteId, Token};

use crate::clock::now_ms;
use crate::config::{is_https, own_url};
use crate::link::Office;
use crate::peer::Client;
use crate::throttle::Throttle;
use making::Draft;
use sessions::{Sessions, no_cookie, secret_of, to_cookie};
use view::{Look, Scene};
use words::number;

/// Where the view is; all of its pages are below.
pub(crate) const PATH: &str = "/operator";

/// Its style sheet.
const STYLE: &str = "/operator/style.css";

/// How often the list refreshes itself, in seconds.
const REFRESH_S: u32 = 5;

/// The longest form, in bytes.
const MAX_FORM_BYTES: usize = 16 << 10;

/// What a ban does not do.
const ANEW: &str =
    "Who opens the page anew begins another visit: revoke the invite to keep them out.";

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
        .route(&at("/session"), post(sign_in))
        .route(&at("/session/end"), post(sign_out))
        .route(&at("/invites/new"), get(propose))
        .route(&at("/invites"), post(make))
        .route(&at("/invites/{id}/revoke"), post(revoke))
        .route(&at("/members/{id}/remove"), post(remove))
        .route(&at("/members/{id}/ban"), post(ban))
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

/// Somebody who is signed in: the secret of the session.
struct Operator(Token);

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

fn html(status: StatusCode, page: Markup) -> Response {
    (status, Html(page.into_string())).into_response()
}

fn refuse_entry(status: StatusCode, sentence: &str) -> Response {
    html(status, entrance::page(Some(sentence)))
}

/// The list; for who is not signed in the field for the key.
async fn show(
    State(shared): Desks,
    operator: Result<Operator, Response>,
    RawQuery(query): RawQuery,
) -> Response {
    let Ok(Operator(secret)) = operator else {
        return html(StatusCode::OK, entrance::page(None));
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
    let mut answer = html(StatusCode::OK, page);
    if !look.is_held {
        answer.headers_mut().insert(REFRESH, HeaderValue::from(REFRESH_S));
    }
    answer
}

async fn sign_in(
    State(shared): Desks,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Form(mut fields): Form<HashMap<String, String>>,
) -> Response {
    if let Err(wait) = shared.desk.throttle.try_key(client) {
        let seconds = wait.to_seconds();
        let sentence =
            format!("Too many keys were tried from your address. Try again in {seconds} s.");
        let mut answer = refuse_entry(StatusCode::TOO_MANY_REQUESTS, &sentence);
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        return answer;
    }
    let key = fields.remove("key").and_then(|text| Token::from_text(text.trim()));
    if !key.is_some_and(|key| shared.desk.key.is_of(&key)) {
        tracing::warn!("somebody tried a wrong operator key");
        return refuse_entry(StatusCode::FORBIDDEN, "This is not the operator key.");
    }
    match Token::generate() {
        Ok(secret) => {
            shared.sessions.begin(&secret, Instant::now());
            back_with(SET_COOKIE, &to_cookie(&secret, is_https(&headers)))
        }
        Err(error) => broken(&error),
    }
}

async fn sign_out(
    State(shared): Desks,
    Operator(secret): Operator,
    headers: HeaderMap,
) -> Response {
    shared.sessions.end(&secret, Instant::now());
    back_with(SET_COOKIE, &no_cookie(is_https(&headers)))
}

fn back_with(name: HeaderName, value: &str) -> Response {
    ([(name, value)], Redirect::to(PATH)).into_response()
}

async fn propose(State(shared): Desks, _: Operator, headers: HeaderMap) -> Response {
    html(StatusCode::OK, making::form(&shared.blank(&headers), None))
}

async fn make(
    State(shared): Desks,
    _: Operator,
    headers: HeaderMap,
    Form(fields): Form<HashMap<String, String>>,
) -> Response {
    let draft = shared.blank(&headers).filled(fields);
    let (url, new) = match draft.read(shared.desk.office.colony(), now_ms()) {
        Ok(read) => read,
        Err(sentence) => {
            return html(StatusCode::BAD_REQUEST, making::form(&draft, Some(&sentence)));
        }
    };
    match block_in_place(|| shared.desk.office.invite(&new)) {
        Ok((invite, token)) => html(StatusCode::OK, making::made(&url, &invite, &token)),
        Err(error) => broken(&error),
    }
}

async fn revoke(
    State(shared): Desks,
    Operator(secret): Operator,
    Path(id): Path<String>,
) -> Response {
    let revoked = match InviteId::from_text(&id) {
        Some(id) => block_in_place(|| shared.desk.office.revoke(&id)),
        None => Ok(None),
    };
    let said = revoked.map(|revoked| match revoked {
        None => "There is no such invite.".to_owned(),
        Some(0) => "The invite is revoked. Nobody was here by it.".to_owned(),
        Some(1) => "The invite is revoked: the one who came by it leaves, and what it held waits \
                    again."
            .to_owned(),
        Some(gone) => format!(
            "The invite is revoked: all {} who came by it leave, and what they held waits again.",
            number(gone)
        ),
    });
    shared.back_saying(&secret, said)
}

async fn remove(
    State(shared): Desks,
    Operator(secret): Operator,
    Path(id): Path<String>,
) -> Response {
    let removed = block_in_place(|| shared.desk.office.send_away(&Id::from_text(id)));
    let said = removed.map(|member| match member {
        None => "It has gone already.".to_owned(),
        Some(member) => format!(
            "{} leaves, and what it held waits again. Its page may send another: a ban ends the \
             whole visit.",
            member.name
        ),
    });
    shared.back_saying(&secret, said)
}

async fn ban(State(shared): Desks, Operator(secret): Operator, Path(id): Path<String>) -> Response {
    let banned = block_in_place(|| shared.desk.office.ban(&Id::from_text(id)));
    let said = banned.map(|gone| match gone {
        0 => "It has gone already, so its visit could not be banned.".to_owned(),
        1 => format!(
            "The visit is banned: its executor leaves, and what it held waits again. {ANEW}"
        ),
        gone => format!(
            "The visit is banned: all {} of it leave, and what they held waits again. {ANEW}",
            number(gone)
        ),
    });
    shared.back_saying(&secret, said)
}

impl Shared {
    fn blank(&self, headers: &HeaderMap) -> Draft {
        Draft::blank(own_url(headers), self.desk.suggested_type.clone())
    }

    /// Leads back to the list, which says what came of a click.
    fn back_saying(&self, secret: &Token, said: Result<String, RegistrarError>) -> Response {
        match said {
            Ok(sentence) => {
                self.sessions.say(secret, sentence, Instant::now());
                Redirect::to(PATH).into_response()
            }
            Err(error) => broken(&error),
        }
    }
}

/// What is said when the registrar's file fails; why is in the log.
fn broken(error: &RegistrarError) -> Response {
    tracing::error!("the operator's view: {}", crate::error::sentence(error));
    let sentence = "The file with the invites cannot be used: see webpool's log.";
    let page = frame::page("Operator’s view", &maud::html! {}, &frame::trouble(sentence));
    html(StatusCode::INTERNAL_SERVER_ERROR, page)
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
