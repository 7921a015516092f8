//! The `COLONIES_…` variables: how the `colonies` CLI and the SDKs are told about a server.
//!
//! `webpool env` prints them for the embedded broker; `webpool submit` reads them.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use webpool_colony::PrivateKey;

use crate::authority::{Authority, ServerUrl};
use crate::cli::{DEFAULT_HOST, DEFAULT_PORT, Env};
use crate::error::Error;
use crate::{console, data, development};

/// The variable with the colony's name.
pub(crate) const COLONY_NAME: &str = "COLONIES_COLONY_NAME";

/// Who submits to which colony on which server.
#[derive(Debug)]
pub(crate) struct Environment {
    /// The server, if one is named.
    pub(crate) server: Option<ServerUrl>,
    /// The colony's name.
    pub(crate) colony: String,
    /// The user's key.
    pub(crate) key: PrivateKey,
}

/// Prints the variables for the server of the data folder.
pub(crate) fn print(arguments: &Env, data: &Path) -> ExitCode {
    let last = last_address(data);
    let host = arguments.host.unwrap_or(last.ip());
    let port = arguments.port.unwrap_or(last.port());
    console::say(exports(SocketAddr::new(host, port)).trim_end());
    ExitCode::SUCCESS
}

/// Where the server of the data folder listens, as far as is known.
pub(crate) fn last_address(data: &Path) -> SocketAddr {
    data::remembered(data).unwrap_or_else(|| SocketAddr::new(DEFAULT_HOST, DEFAULT_PORT))
}

/// Shell commands, a line each. The comment comes last: an unquoted `eval $(webpool env)` joins
/// the lines.
fn exports(address: SocketAddr) -> String {
    let authority = Authority::new(address.ip(), address.port()).to_string();
    let (host, port) = authority.rsplit_once(':').unwrap_or((&authority, ""));
    let variables = [
        ("COLONIES_SERVER_HOST", host),
        ("COLONIES_SERVER_PORT", port),
        ("COLONIES_SERVER_TLS", "false"),
        ("COLONIES_TLS", "false"),
        (COLONY_NAME, development::COLONY),
        ("COLONIES_COLONY_ID", development::COLONY_ID),
        ("COLONIES_COLONY_PRVKEY", development::COLONY_KEY),
        ("COLONIES_SERVER_ID", development::SERVER_ID),
        ("COLONIES_SERVER_PRVKEY", development::SERVER_KEY),
        ("COLONIES_ID", development::USER_ID),
        ("COLONIES_PRVKEY", development::USER_KEY),
    ];
    let mut text = String::new();
    for (name, value) in variables {
        // Writing to a string cannot fail.
        writeln!(text, "export {name}={value}").unwrap_or_default();
    }
    text + "# These are the public development keys of ColonyOS: they protect nothing.\n"
}

impl Environment {
    /// Reads the variables of this process.
    ///
    /// # Errors
    ///
    /// [`Error::Variable`] or [`Error::Key`] for a value that makes no sense.
    pub(crate) fn read() -> Result<Self, Error> {
        Self::from_lookup(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn from_lookup(lookup: impl Fn(&'static str) -> Option<String>) -> Result<Self, Error> {
        let key = lookup("COLONIES_PRVKEY").unwrap_or_else(|| development::USER_KEY.to_owned());
        Ok(Self {
            server: server(&lookup)?,
            colony: lookup(COLONY_NAME).unwrap_or_else(|| development::COLONY.to_owned()),
            key: PrivateKey::from_hex(&key).map_err(Error::Key)?,
        })
    }
}

fn server(lookup: &impl Fn(&'static str) -> Option<String>) -> Result<Option<ServerUrl>, Error> {
    const HOST: &str = "COLONIES_SERVER_HOST";
    const PORT: &str = "COLONIES_SERVER_PORT";
    let (host, port) = (lookup(HOST), lookup(PORT));
    if host.is_none() && port.is_none() {
        return Ok(None);
    }
    let wrong =
        |name, value: &str, allowed| Error::Variable { name, value: value.to_owned(), allowed };
    let port = match &port {
        None => DEFAULT_PORT,
        Some(text) => text.parse().map_err(|_| wrong(PORT, text, "a number from 0 to 65535"))?,
    };
    let host = host.unwrap_or_else(|| "localhost".to_owned());
    let is_tls = is_true(lookup("COLONIES_TLS")) || is_true(lookup("COLONIES_SERVER_TLS"));
    let scheme = if is_tls { "https" } else { "http" };
    format!("{scheme}://{host}:{port}")
        .parse()
        .map(Some)
        .map_err(|_| wrong(HOST, &host, "the name or address of a server"))
}

fn is_true(value: Option<String>) -> bool {
    value.is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Environment, Error> {
        Environment::from_lookup(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn check_server(variables: &[(&str, &str)], expected: Option<&str>) {
        let server = read(variables).unwrap().server.map(|server| server.to_string());
        assert_eq!(server.as_deref(), expected, "{variables:?}");
    }

    #[test]
    fn nothing_set_is_the_development_user() {
        let environment = read(&[]).unwrap();
        assert!(environment.server.is_none());
        assert_eq!(environment.colony, "dev");
        assert_eq!(environment.key.id().as_str(), development::USER_ID);
    }

    #[test]
    fn a_server_is_made_of_three_variables() {
        let host = ("COLONIES_SERVER_HOST", "a.test");
        check_server(&[host], Some("http://a.test:50080"));
        check_server(&[("COLONIES_SERVER_PORT", "1")], Some("http://localhost:1"));
        check_server(&[host, ("COLONIES_TLS", "true")], Some("https://a.test:50080"));
        check_server(&[host, ("COLONIES_SERVER_TLS", "false")], Some("http://a.test:50080"));
    }

    #[test]
    fn nonsense_is_refused_without_repeating_a_key() {
        let refused = |name, value| read(&[(name, value)]).unwrap_err().to_string();
        assert!(refused("COLONIES_SERVER_PORT", "http").contains("0 to 65535"));
        assert!(refused("COLONIES_SERVER_HOST", "a b").contains("name or address"));
        assert!(!refused("COLONIES_PRVKEY", "secret").contains("secret"));
    }

    #[test]
    fn what_is_printed_can_be_read_back() {
        let text = exports("[::1]:1234".parse().unwrap());
        let variables: Vec<_> =
            text.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('=')).collect();
        check_server(&variables, Some("http://[::1]:1234"));
        assert!(text.lines().last().unwrap().starts_with("# "));
    }
}
