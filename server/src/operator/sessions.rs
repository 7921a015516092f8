//! Who is signed in, as long as webpool runs.
//!
//! A session is a random secret in a cookie, of which its SHA-256 is kept here. It ends after twelve
//! hours, by signing out, or when more than 32 have begun after it. The cookie goes to the operator's
//! view alone (`Path`), never along with what another site asks for (`SameSite=Strict`), to no script
//! (`HttpOnly`), and over https only where it was given so (`Secure`).

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use tokio::time::Instant;
use webpool_registrar::{Digest, Token};

use super::PATH;

/// How long somebody is signed in.
const LASTS: Duration = Duration::from_hours(12);

/// How many may be signed in.
const MOST: usize = 32;

/// How long it is said what came of a click.
const SAID: Duration = Duration::from_secs(20);

/// Name of the cookie.
const COOKIE_NAME: &str = "webpool-operator";

/// Everybody who is signed in.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<Vec<Session>>);

#[derive(Debug)]
struct Session {
    secret: Digest,
    ends: Instant,
    /// What came of the last click, and until when that is said.
    said: Option<(String, Instant)>,
}

impl Sessions {
    /// Signs somebody in who has this fresh secret from now on.
    pub(super) fn begin(&self, secret: &Token, now: Instant) {
        let mut sessions = self.all(now);
        let too_many = (sessions.len() + 1).saturating_sub(MOST);
        sessions.drain(..too_many);
        sessions.push(Session { secret: secret.digest(), ends: now + LASTS, said: None });
    }

    /// Whether somebody is signed in.
    pub(super) fn has(&self, secret: &Token, now: Instant) -> bool {
        self.all(now).iter().any(|session| session.secret.is_of(secret))
    }

    /// Signs somebody out.
    pub(super) fn end(&self, secret: &Token, now: Instant) {
        self.all(now).retain(|session| !session.secret.is_of(secret));
    }

    /// Keeps what came of a click until it is shown.
    pub(super) fn say(&self, secret: &Token, sentence: &str, now: Instant) {
        for session in self.all(now).iter_mut().filter(|session| session.secret.is_of(secret)) {
            session.said = Some((sentence.to_owned(), now + SAID));
        }
    }

    /// What came of the last click, if that was a moment ago.
    pub(super) fn said(&self, secret: &Token, now: Instant) -> Option<String> {
        let sessions = self.all(now);
        let said = sessions.iter().find(|session| session.secret.is_of(secret))?.said.as_ref();
        said.filter(|(_, until)| *until > now).map(|(sentence, _)| sentence.clone())
    }

    fn all(&self, now: Instant) -> MutexGuard<'_, Vec<Session>> {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|session| session.ends > now);
        sessions
    }
}

/// The header that gives a browser this secret.
pub(super) fn to_cookie(secret: &Token, is_https: bool) -> String {
    cookie(&secret.to_text(), LASTS.as_secs(), is_https)
}

/// The header that takes it away again.
pub(super) fn no_cookie(is_https: bool) -> String {
    cookie("", 0, is_https)
}

fn cookie(value: &str, max_age_s: u64, is_https: bool) -> String {
    let secure = if is_https { "; Secure" } else { "" };
    format!(
        "{COOKIE_NAME}={value}; Path={PATH}; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}"
    )
}

/// The secret in the cookie of a request.
pub(super) fn secret_of(headers: &HeaderMap) -> Option<Token> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == COOKIE_NAME)?;
    Token::from_text(value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(number: u8) -> Token {
        Token::from_bytes([number; 16])
    }

    #[test]
    fn a_session_ends_by_itself_and_by_signing_out() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        sessions.begin(&secret(1), now);
        sessions.begin(&secret(2), now);
        assert!(sessions.has(&secret(1), now) && !sessions.has(&secret(3), now));
        sessions.end(&secret(1), now);
        assert!(!sessions.has(&secret(1), now) && sessions.has(&secret(2), now));
        let last = Duration::from_secs(12 * 3600 - 1);
        assert!(sessions.has(&secret(2), now + last));
        assert!(!sessions.has(&secret(2), now + last + Duration::from_secs(1)));
    }

    #[test]
    fn the_oldest_gives_way() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        for number in 0..33 {
            sessions.begin(&secret(number), now);
        }
        assert!(!sessions.has(&secret(0), now));
        assert!(sessions.has(&secret(1), now) && sessions.has(&secret(32), now));
    }

    #[test]
    fn what_came_of_a_click_is_said_for_a_moment_to_whom_it_concerns() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        sessions.begin(&secret(1), now);
        sessions.begin(&secret(2), now);
        sessions.say(&secret(1), "done", now);
        let later = now + Duration::from_secs(19);
        assert_eq!(sessions.said(&secret(1), later).as_deref(), Some("done"));
        assert_eq!(sessions.said(&secret(2), later), None);
        assert_eq!(sessions.said(&secret(1), later + Duration::from_secs(1)), None);
    }

    #[test]
    fn a_cookie_goes_there_and_back() {
        let header = to_cookie(&secret(7), true);
        assert!(
            header.ends_with("; Path=/operator; Max-Age=43200; HttpOnly; SameSite=Strict; Secure")
        );
        assert!(!to_cookie(&secret(7), false).contains("Secure"));
        assert!(no_cookie(false).starts_with("webpool-operator=; Path=/operator; Max-Age=0;"));
        let value = header.split(';').next().unwrap();
        for text in [value.to_owned(), format!("other=1; {value}"), format!("{value}; other=1")] {
            let headers = [(COOKIE, text.parse().unwrap())].into_iter().collect();
            assert_eq!(secret_of(&headers), Some(secret(7)), "{text}");
        }
        let headers = [(COOKIE, "webpool-operator=guess".parse().unwrap())].into_iter().collect();
        assert_eq!(secret_of(&headers), None);
    }
}
