//! Headers of every answer: what a browser may do with what it is given.
//!
//! The content security policy admits this server's own scripts, styles and workers, compiled wasm,
//! and nothing inline. Connections go to this server alone, and to the one that `--colonies` names.
//! Only a page that was asked for at a loopback name may reach any server, for its form may name one.
//! The compute worker's script has a stricter policy of its own, in [`crate::pages`].
//!
//! `Referrer-Policy` is `strict-origin`: an address never leaves the page, not even to this server.
//! `no-referrer` would say no more, but makes a browser send `Origin: null` with a beacon, which no
//! server could tell from a page elsewhere.
//!
//! `Cross-Origin-Opener-Policy` is left out where a browser ignores it with an error in its console:
//! at a name that is not this machine's, over plain http.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HOST, HeaderMap, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::authority::{Authority, Framer, ServerUrl};
use crate::config::is_https;

/// Who may load what is served as a part of their page.
pub(crate) const RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// Whether a page shares a process with those that opened it.
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// What a page may ask of the device.
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Nothing of what a browser may offer is used.
const NO_PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), \
     fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), \
     payment=(), picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), \
     serial=(), usb=(), xr-spatial-tracking=()",
);

/// Any server, over any scheme that the page speaks.
const ANYWHERE: &str = "http: https: ws: wss:";

/// What a server tells browsers.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// Sources of connections besides this server's own.
    servers: String,
    framers: String,
}

/// How a request came, as far as the headers depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Arrival {
    /// The host that was asked for, if it is one.
    host: Option<Authority>,
    is_https: bool,
}

impl Policy {
    /// The policy of a page that talks to this server and, if named, to `colonies`; pages of
    /// `framers` may frame it.
    pub(crate) fn new(colonies: Option<&ServerUrl>, framers: &[Framer]) -> Self {
        let servers = colonies.map(ServerUrl::to_sources).unwrap_or_default();
        let framers = framers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let framers = if framers.is_empty() { "'none'".to_owned() } else { framers };
        Self { servers, framers }
    }

    fn arrival(headers: &HeaderMap) -> Arrival {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        Arrival { host: host.and_then(|host| host.parse().ok()), is_https: is_https(headers) }
    }

    /// Where a page that came so may connect to.
    fn connections(&self, arrival: &Arrival) -> String {
        match &arrival.host {
            Some(host) if host.is_loopback() => format!("'self' {ANYWHERE}"),
            // Older browsers do not count a WebSocket as the page's own origin.
            Some(host) => format!("'self' ws://{host} wss://{host}{}", self.servers),
            None => format!("'self'{}", self.servers),
        }
    }

    fn content(&self, arrival: &Arrival) -> String {
        format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self'; connect-src {}; worker-src 'self'; base-uri 'none'; \
             form-action 'none'; frame-ancestors {}",
            self.connections(arrival),
            self.framers
        )
    }

    /// Adds what an answer does not have yet.
    fn complete(&self, arrival: &Arrival, headers: &mut HeaderMap) {
        if !headers.contains_key(CONTENT_SECURITY_POLICY)
            && let Ok(content) = HeaderValue::from_str(&self.content(arrival))
        {
            headers.insert(CONTENT_SECURITY_POLICY, content);
        }
        let same_origin = HeaderValue::from_static("same-origin");
        headers.entry(RESOURCE_POLICY).or_insert(same_origin.clone());
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
        headers.insert(PERMISSIONS_POLICY, NO_PERMISSIONS);
        let is_trustworthy =
            arrival.is_https || arrival.host.as_ref().is_some_and(Authority::is_loopback);
        if is_trustworthy {
            headers.insert(OPENER_POLICY, same_origin);
        }
    }
}

/// Adds the headers to every answer.
pub(crate) async fn protect(
    State(policy): State<Arc<Policy>>,
    request: Request,
    next: Next,
) -> Response {
    let arrival = Policy::arrival(request.headers());
    let mut answer = next.run(request).await;
    policy.complete(&arrival, answer.headers_mut());
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sources of one kind, in an answer to a request with these headers.
    fn sources(policy: &Policy, headers: &[(HeaderName, &'static str)], kind: &str) -> String {
        let pairs =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        let arrival = Policy::arrival(&pairs.collect());
        let content = policy.content(&arrival);
        let found = content.split("; ").find_map(|part| part.strip_prefix(kind));
        found.unwrap().trim().to_owned()
    }

    #[test]
    fn only_a_page_of_this_machine_may_connect_anywhere() {
        let colonies = "https://c.test/colony".parse().unwrap();
        let (own, other) = (Policy::new(None, &[]), Policy::new(Some(&colonies), &[]));
        let strict = "'self' ws://a.test:1 wss://a.test:1";
        let cases = [
            ("127.0.0.1:1", "'self' http: https: ws: wss:", "'self' http: https: ws: wss:"),
            ("localhost", "'self' http: https: ws: wss:", "'self' http: https: ws: wss:"),
            ("[::1]:1", "'self' http: https: ws: wss:", "'self' http: https: ws: wss:"),
            ("A.test:1", strict, "'self' ws://a.test:1 wss://a.test:1 https://c.test wss://c.test"),
            ("localhost.a.test:1", "'self' ws://localhost.a.test:1 wss://localhost.a.test:1", ""),
            ("a; script-src *", "'self'", "'self' https://c.test wss://c.test"),
        ];
        for (host, of_own, of_other) in cases {
            assert_eq!(sources(&own, &[(HOST, host)], "connect-src"), of_own, "{host}");
            if !of_other.is_empty() {
                assert_eq!(sources(&other, &[(HOST, host)], "connect-src"), of_other, "{host}");
            }
        }
        assert_eq!(sources(&own, &[], "connect-src"), "'self'");
    }

    #[test]
    fn nobody_frames_the_page_unless_named() {
        let framers: Vec<Framer> =
            ["self", "https://a.test"].iter().map(|text| text.parse().unwrap()).collect();
        let named = Policy::new(None, &framers);
        assert_eq!(sources(&named, &[], "frame-ancestors"), "'self' https://a.test");
        let policy = Policy::new(None, &[]);
        assert_eq!(sources(&policy, &[], "frame-ancestors"), "'none'");
    }

    #[test]
    fn the_opener_policy_is_said_where_a_browser_heeds_it() {
        let said = |host: &'static str, proto: &'static str| {
            let policy = Policy::new(None, &[]);
            let headers = [
                (HOST, HeaderValue::from_static(host)),
                (HeaderName::from_static("x-forwarded-proto"), HeaderValue::from_static(proto)),
            ];
            let mut answer = HeaderMap::new();
            policy.complete(&Policy::arrival(&headers.into_iter().collect()), &mut answer);
            answer.contains_key(OPENER_POLICY)
        };
        assert!(said("127.0.0.1:1", "") && said("a.test", "https"));
        assert!(!said("a.test", "http") && !said("a.test", ""));
    }
}
