//! The door to the routes: asks the guard, and adds the headers that pages of other origins need.
//!
//! An admitted page of another origin gets `Access-Control-Allow-Origin` with its own origin, on
//! every answer, and a preflight's answer as a ColonyOS server gives it; the operator's view is not for
//! it. Who is refused gets a 403
//! without any such header, as an error of the protocol on `/api`, as plain text elsewhere.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, AsHeaderName, HOST, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::api::{self, API};
use crate::authority::Origin;
use crate::door::Ends;
use crate::guard::{Asker, Guard, PROXY_HEADERS, Refusal, Standing};
use crate::headers::RESOURCE_POLICY;
use crate::operator;

/// Passes admitted requests on, and answers the others.
pub(crate) async fn admit(
    State(guard): State<Arc<Guard>>,
    ConnectInfo(ends): ConnectInfo<Ends>,
    request: Request,
    next: Next,
) -> Response {
    let asker = asker(ends, request.headers());
    match guard.judge(&asker) {
        Ok(Standing::Own) => next.run(request).await,
        Ok(Standing::Guest(origin)) if operator::has(request.uri().path()) => {
            refuse(request.uri().path(), &Refusal::Origin(origin.to_string()).to_string())
        }
        Ok(Standing::Guest(origin)) => {
            let is_preflight = request.method() == Method::OPTIONS;
            let answer = if is_preflight { preflight() } else { next.run(request).await };
            for_guest(answer, &origin)
        }
        Err(refusal) => {
            tracing::debug!(path = %request.uri().path(), "refused: {refusal}");
            refuse(request.uri().path(), &refusal.to_string())
        }
    }
}

fn asker(ends: Ends, headers: &HeaderMap) -> Asker<'_> {
    Asker {
        peer: ends.peer,
        local: ends.local,
        host: only_value(headers, HOST),
        origin: only_value(headers, ORIGIN),
        proxy: PROXY_HEADERS.into_iter().find(|name| headers.contains_key(*name)),
    }
}

fn only_value(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    let is_only = values.next().is_none();
    Some(first.to_str().ok().filter(|_| is_only).unwrap_or_default())
}

fn preflight() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "Origin,Content-Length,Content-Type"),
        (ACCESS_CONTROL_MAX_AGE, "43200"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn for_guest(mut answer: Response, origin: &Origin) -> Response {
    if let Ok(origin) = HeaderValue::from_str(&origin.to_string()) {
        answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        // A beacon of such a page is no CORS request.
        answer.headers_mut().insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    }
    answer.headers_mut().append(VARY, HeaderValue::from_static("origin"));
    answer
}

fn refuse(path: &str, sentence: &str) -> Response {
    if path == API {
        return api::failure(StatusCode::FORBIDDEN, sentence);
    }
    (StatusCode::FORBIDDEN, format!("{sentence}\n")).into_response()
}
