//! What a pool is started with, and what is wrong with it.
//!
//! Every bad field is named by its id of the automation contract, with a sentence that says what
//! was wrong and what is allowed. Names have 1 to 64 characters, none of them `:` or a control
//! character; the server's address is `http(s)://host[:port]`, and a `/` or `/api` at its end is
//! dropped; the key has 64 hexadecimal digits, and is not needed where there is a pass; a pool has
//! 1 to 64 workers.

use std::fmt;
use std::net::Ipv6Addr;

use webpool_wire::{Access, Call, Join, Pass, Reload, Secret};

/// Longest name, in characters.
const NAME_CHARS: usize = 64;
/// Length of a private key, in hexadecimal digits.
const KEY_DIGITS: usize = 64;
/// Most workers of a pool.
pub const MAX_WORKERS: u32 = 64;

/// What a pool is started with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Such as `http://localhost:50080`.
    pub server_url: String,
    /// Name of the colony.
    pub colony: String,
    /// What executor names begin with.
    pub executor_name: String,
    /// What processes are matched against.
    pub executor_type: String,
    /// The colony's private key; empty means the one that was given last. With a key the executors
    /// join by themselves, at any server.
    pub colony_key: Secret,
    /// What the server is shown where there is no key: it has to be webpool's own then.
    pub pass: Option<Pass>,
    /// How many executors, 1..=64.
    pub workers: u32,
    /// Whether the page loads itself anew when [`crate::snapshot::Snapshot::renewal`] says so.
    pub reload: Reload,
    /// After so long without a request for work the server takes an executor off, in s; none if that
    /// is not known: then it is 600 s.
    pub stale_after_s: Option<u32>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Its id in the automation contract, such as `server-url`.
    pub field: &'static str,
    /// What was wrong, and what is allowed.
    pub sentence: String,
}

impl FieldError {
    pub(crate) fn new(field: &'static str, sentence: impl Into<String>) -> Self {
        Self { field, sentence: sentence.into() }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl Settings {
    /// Returns the settings in their plain form: trimmed, the address without an end, the key in
    /// place. `remembered` is the key that an empty one stands for; it may be empty itself.
    ///
    /// # Errors
    ///
    /// One sentence for each bad field, in the order of the form.
    pub fn validate(self, remembered: &Secret) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut keep = |checked: Result<String, FieldError>| {
            checked.unwrap_or_else(|error| {
                errors.push(error);
                String::new()
            })
        };
        let has_key =
            [&self.colony_key, remembered].iter().any(|key| !key.expose().trim().is_empty());
        let pass = self.pass.filter(|_| !has_key);
        let key = match pass {
            Some(_) => Ok(String::new()),
            None => colony_key(&self.colony_key, remembered),
        };
        let settings = Self {
            server_url: keep(server_url(&self.server_url)),
            colony: keep(name("colony-name", "colony name", &self.colony)),
            executor_name: keep(name("executor-name", "executor name", &self.executor_name)),
            executor_type: keep(name("executor-type", "executor type", &self.executor_type)),
            colony_key: Secret::new(keep(key)),
            pass,
            workers: self.workers,
            reload: self.reload,
            stale_after_s: self.stale_after_s,
        };
        errors.extend(worker_count(self.workers).err());
        if errors.is_empty() { Ok(settings) } else { Err(errors) }
    }

    /// The server as a person knows it: host and port.
    pub fn server_host(&self) -> &str {
        self.server_url.split_once("://").map_or(self.server_url.as_str(), |(_, host)| host)
    }

    /// What a worker is told in order to join.
    pub fn to_join(&self) -> Join {
        Join {
            server_url: self.server_url.clone(),
            colony: self.colony.clone(),
            executor_name: self.executor_name.clone(),
            executor_type: self.executor_type.clone(),
            access: match &self.pass {
                Some(pass) => Access::Link(pass.clone()),
                None => Access::Key(self.colony_key.clone()),
            },
            stale_after_s: self.stale_after_s,
        }
    }

    /// Whether both name one colony of one server, joined by one right.
    pub fn is_same_colony(&self, other: &Self) -> bool {
        self.server_url == other.server_url
            && self.colony == other.colony
            && self.colony_key == other.colony_key
            && self.pass == other.pass
    }
}

/// Checks the number of workers.
///
/// # Errors
///
/// If it is outside 1..=64.
pub fn worker_count(workers: u32) -> Result<(), FieldError> {
    if (1..=MAX_WORKERS).contains(&workers) {
        return Ok(());
    }
    let sentence =
        format!("{workers} workers are too few or too many: 1 to {MAX_WORKERS} may run.");
    Err(FieldError::new("worker-count", sentence))
}

/// Checks what can be checked of a call before a worker sees it.
///
/// # Errors
///
/// If the function has no name.
pub fn call(call: &Call) -> Result<(), FieldError> {
    if call.function.trim().is_empty() {
        return Err(FieldError::new("run-function", "The function is missing: write its name."));
    }
    Ok(())
}

fn server_url(text: &str) -> Result<String, FieldError> {
    plain_url(text.trim()).ok_or_else(|| {
        let found = if text.trim().is_empty() { "The server URL is empty" } else { text.trim() };
        let allowed = "write http:// or https://, a host and, where needed, a port, \
                       such as http://localhost:50080";
        FieldError::new("server-url", format!("{found}: {allowed}."))
    })
}

fn plain_url(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let authority = rest.strip_suffix("/api").unwrap_or(rest).to_ascii_lowercase();
    let (host, port) = split_port(&authority)?;
    let is_plain =
        matches!(scheme.as_str(), "http" | "https") && is_host(host) && port.is_none_or(is_port);
    is_plain.then(|| format!("{scheme}://{authority}"))
}

fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let host_end = if authority.starts_with('[') { authority.find(']')? + 1 } else { 0 };
    let (_, tail) = authority.split_at_checked(host_end)?;
    match tail.find(':') {
        None => Some((authority, None)),
        Some(at) => {
            let (host, port) = authority.split_at_checked(host_end + at)?;
            Some((host, port.strip_prefix(':')))
        }
    }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse().is_ok_and(|port: u16| port > 0)
}

fn name(field: &'static str, what: &str, text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    let chars = text.chars().count();
    let fault = if chars == 0 {
        format!("The {what} is empty")
    } else if chars > NAME_CHARS {
        format!("The {what} has {chars} characters")
    } else if text.chars().any(|letter| letter == ':' || letter.is_control()) {
        format!("The {what} contains a character that is not allowed")
    } else {
        return Ok(text.to_owned());
    };
    let allowed = format!("1 to {NAME_CHARS} characters are allowed, without `:`");
    Err(FieldError::new(field, format!("{fault}: {allowed}.")))
}

fn colony_key(key: &Secret, remembered: &Secret) -> Result<String, FieldError> {
    let given = key.expose().trim();
    let text = if given.is_empty() { remembered.expose() } else { given };
    let digits = text.chars().count();
    let fault = if digits == 0 {
        "The colony private key is missing".to_owned()
    } else if digits != KEY_DIGITS {
        format!("The colony private key has {digits} characters")
    } else if !text.chars().all(|digit| digit.is_ascii_hexdigit()) {
        "The colony private key contains something else than digits and the letters a to f"
            .to_owned()
    } else {
        return Ok(text.to_ascii_lowercase());
    };
    let sentence = format!("{fault}: it has to be {KEY_DIGITS} hexadecimal digits.");
    Err(FieldError::new("colony-key", sentence))
}

#[cfg(test)]
mod tests;
