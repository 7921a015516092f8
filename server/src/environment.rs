//! The `COLONIES_…` variables: how the `colonies` CLI and the SDKs are told about a server.
//!
//! `webpool env` prints them for the server of the data folder; `webpool submit` reads them. The
//! private keys of a colony made by `webpool init` are printed for `--secrets` only, and so is the
//! operator key, as `WEBPOOL_OPERATOR_KEY`; the keys of a server that `--colonies` named are not known
//! here.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use webpool_colony::PrivateKey;
use webpool_registrar::Token;

use crate::authority::ServerUrl;
use crate::cli::{DEFAULT_HOST, DEFAULT_PORT, Env};
use crate::data::Last;
use crate::error::Error;
use crate::keyring::Keyring;
use crate::{console, data, operator};

/// The variable with the colony's name.
pub(crate) const COLONY_NAME: &str = "COLONIES_COLONY_NAME";

/// The variable with the colony owner's private key.
pub(crate) const COLONY_KEY: &str = "COLONIES_COLONY_PRVKEY";

/// The variable with the user's private key.
const USER_KEY: &str = "COLONIES_PRVKEY";

/// The variable with the operator key, which no command reads.
const OPERATOR_KEY: &str = "WEBPOOL_OPERATOR_KEY";

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
///
/// # Errors
///
/// Keys that cannot be read.
pub(crate) fn print(arguments: &Env, data: &Path) -> Result<ExitCode, Error> {
    let is_named = arguments.host.is_some() || arguments.port.is_some();
    let operator = if arguments.secrets { operator::key::read(data)? } else { None };
    let operator = operator.as_ref();
    let text = match data::remembered(data) {
        Some(Last::Colonies(server)) if !is_named => for_colonies(&server, operator),
        last => {
            let (last, is_tls) = broker_address(last.as_ref());
            let host = arguments.host.unwrap_or(last.ip());
            let port = arguments.port.unwrap_or(last.port());
            let server = ServerUrl::at(SocketAddr::new(host, port), is_tls);
            let keyring = Keyring::open(data)?;
            for_broker(&server, &keyring, arguments.secrets, operator)
        }
    };
    console::say(text);
    Ok(ExitCode::SUCCESS)
}

/// The server of the data folder, as far as is known.
pub(crate) fn last_server(data: &Path) -> ServerUrl {
    match data::remembered(data) {
        Some(Last::Colonies(server)) => server,
        last => {
            let (address, is_tls) = broker_address(last.as_ref());
            ServerUrl::at(address, is_tls)
        }
    }
}

/// Where the broker is, and whether it speaks https.
fn broker_address(last: Option<&Last>) -> (SocketAddr, bool) {
    match last {
        Some(Last::Broker { address, is_tls }) => (*address, *is_tls),
        Some(Last::Colonies(_)) | None => (SocketAddr::new(DEFAULT_HOST, DEFAULT_PORT), false),
    }
}

/// Shell commands, a line each, for a server whose keys are not known. No value needs quotes: a
/// host is a plain name or an address. The comment comes last: an unquoted `eval $(webpool env)`
/// joins the lines.
fn for_colonies(server: &ServerUrl, operator: Option<&Token>) -> String {
    let mut variables = server_variables(server).to_vec();
    variables.extend(operator.map(operator_variable));
    format!(
        "{}# This is {server}, which `webpool serve` was told to use: its colony and keys are not \
         known here.",
        exports(&variables)
    )
}

/// The same for the embedded broker; private keys that are not public only if told to.
fn for_broker(
    server: &ServerUrl,
    keyring: &Keyring,
    with_secrets: bool,
    operator: Option<&Token>,
) -> String {
    let mut variables = server_variables(server).to_vec();
    variables.push((COLONY_NAME, keyring.colony.clone()));
    let owners = [
        ("COLONIES_COLONY_ID", COLONY_KEY, &keyring.colony_key),
        ("COLONIES_SERVER_ID", "COLONIES_SERVER_PRVKEY", &keyring.server_key),
        ("COLONIES_ID", USER_KEY, &keyring.user_key),
    ];
    for (id, name, key) in owners {
        variables.push((id, key.id().to_string()));
        if with_secrets || keyring.is_public() {
            variables.push((name, key.to_hex().to_owned()));
        }
    }
    variables.extend(operator.map(operator_variable));
    let comment = match (keyring.is_public(), with_secrets) {
        (true, _) => "# The COLONIES keys are the public ones of ColonyOS: they protect nothing.",
        (false, true) => "# Whoever has these private keys owns the colony: show them to nobody.",
        (false, false) => {
            "# The private keys are left out: `webpool env --secrets` prints them too."
        }
    };
    exports(&variables) + comment
}

fn operator_variable(key: &Token) -> Variable {
    (OPERATOR_KEY, key.to_text())
}

type Variable = (&'static str, String);

fn server_variables(server: &ServerUrl) -> [Variable; 4] {
    [
        ("COLONIES_SERVER_HOST", server.host().to_owned()),
        ("COLONIES_SERVER_PORT", server.port().to_string()),
        ("COLONIES_SERVER_TLS", server.is_tls().to_string()),
        ("COLONIES_TLS", server.is_tls().to_string()),
    ]
}

fn exports(variables: &[Variable]) -> String {
    let mut text = String::new();
    for (name, value) in variables {
        // Writing to a string cannot fail.
        writeln!(text, "export {name}={value}").unwrap_or_default();
    }
    text
}

impl Environment {
    /// Reads the variables of this process; the user and the colony of `keyring` stand in for
    /// missing ones.
    ///
    /// # Errors
    ///
    /// [`Error::Variable`] or [`Error::Key`] for a value that makes no sense.
    pub(crate) fn read(keyring: &Keyring) -> Result<Self, Error> {
        let lookup = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self::from_lookup(lookup, keyring)
    }

    fn from_lookup(
        lookup: impl Fn(&'static str) -> Option<String>,
        keyring: &Keyring,
    ) -> Result<Self, Error> {
        let key = lookup(USER_KEY).map(|key| PrivateKey::from_hex(&key).map_err(Error::Key));
        Ok(Self {
            server: server(&lookup)?,
            colony: lookup(COLONY_NAME).unwrap_or_else(|| keyring.colony.clone()),
            key: key.unwrap_or_else(|| Ok(keyring.user_key.clone()))?,
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
        let lookup = |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        Environment::from_lookup(lookup, &Keyring::development())
    }

    fn check_server(variables: &[(&str, &str)], expected: Option<&str>) {
        let server = read(variables).unwrap().server.map(|server| server.to_string());
        assert_eq!(server.as_deref(), expected, "{variables:?}");
    }

    #[test]
    fn nothing_set_is_the_user_of_the_folder() {
        for keyring in [Keyring::development(), Keyring::generate("mine".to_owned())] {
            let environment = Environment::from_lookup(|_| None, &keyring).unwrap();
            assert!(environment.server.is_none());
            assert_eq!(environment.colony, keyring.colony);
            assert_eq!(environment.key, keyring.user_key);
        }
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
        let (own, public) = (Keyring::generate("mine".to_owned()), Keyring::development());
        let operator = Token::from_bytes([7; 16]);
        for url in ["http://[::1]:1234", "https://a.test:8443"] {
            let server = url.parse().unwrap();
            let texts = [
                for_broker(&server, &public, false, None),
                for_broker(&server, &own, true, Some(&operator)),
                for_broker(&server, &own, false, None),
                for_colonies(&server, None),
                for_colonies(&server, Some(&operator)),
            ];
            for text in texts {
                let lines = text.lines().filter_map(|line| line.strip_prefix("export "));
                let variables: Vec<_> = lines.filter_map(|line| line.split_once('=')).collect();
                check_server(&variables, Some(url));
                assert_eq!(text.lines().count(), variables.len() + 1, "{text}");
                assert!(text.lines().last().unwrap().starts_with("# "));
            }
        }
    }

    #[test]
    fn private_keys_are_printed_only_if_public_or_asked_for() {
        let server = "http://a.test".parse().unwrap();
        let count = |keyring: &Keyring, with_secrets| {
            let text = for_broker(&server, keyring, with_secrets, None);
            let keys = [&keyring.server_key, &keyring.colony_key, &keyring.user_key];
            keys.into_iter().filter(|key| text.contains(key.to_hex())).count()
        };
        let (own, public) = (Keyring::generate("mine".to_owned()), Keyring::development());
        assert_eq!((count(&own, false), count(&own, true)), (0, 3));
        assert_eq!((count(&public, false), count(&public, true)), (3, 3));
        assert!(for_broker(&server, &own, false, None).contains("--secrets"));
    }
}
