//! What can be typed after `webpool`, and what each part must look like.
//!
//! Bad input ends here, with a sentence that says what is allowed and exit code 2.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use webpool_colony::Json;

use crate::authority::{Authority, Framer, Origin, ServerUrl};
use crate::keyring;
use crate::peer::Network;

mod invite;

pub(crate) use invite::{AT_ONCE, Create, Invite};

/// The port of the `colonies` command line's own default.
pub(crate) const DEFAULT_PORT: u16 = 50080;

/// Where the server listens unless told otherwise.
pub(crate) const DEFAULT_HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// How long the embedded broker bears the silence of an executor unless told otherwise, in s; at
/// least.
const STALE_AFTER_S: u32 = 600;
const LEAST_STALE_AFTER_S: u32 = 5;

/// Browser tabs as executors of a ColonyOS colony.
#[derive(Debug, Parser)]
#[command(name = "webpool", version)]
pub(crate) struct Arguments {
    /// Folder for everything that is kept: a colony's keys, the broker's database, the address last
    /// used
    #[arg(long, global = true, value_name = "DIR", default_value = "webpool-data")]
    pub(crate) data: PathBuf,
    /// How the log on standard error is written
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value = "text")]
    pub(crate) log_format: LogFormat,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How a log is written, a line an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For a person.
    Text,
    /// A JSON object.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a colony with keys of its own in the data folder, for `serve` to use
    Init(Init),
    /// Serve the page, and the embedded broker behind it
    Serve(Serve),
    /// Print the COLONIES_… variables for the `colonies` CLI and the SDKs: eval "$(webpool env)"
    Env(Env),
    /// Submit a function to the colony: webpool submit add 5 3 --wait
    Submit(Submit),
    /// Invite volunteers: make, list, show and revoke invites
    #[command(subcommand)]
    Invite(Invite),
}

/// `webpool init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Name of the colony: letters, digits, `-`, `.` and `_`
    #[arg(long, value_name = "NAME", value_parser = keyring::name)]
    pub(crate) colony: String,
}

/// `webpool serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Port to listen on; 0 takes any free one
    #[arg(long, default_value_t = DEFAULT_PORT)]
    pub(crate) port: u16,
    /// Address to listen on: an IP address or localhost. With the development keys a loopback one
    #[arg(long, default_value = "127.0.0.1", value_parser = host)]
    pub(crate) host: IpAddr,
    /// Admit requests for this name too, at the server's own port unless it names another
    #[arg(long, value_name = "NAME[:PORT]")]
    pub(crate) allow_host: Vec<Authority>,
    /// Admit requests from pages of this origin too
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allow_origin: Vec<Origin>,
    /// Let pages of this origin show the page in a frame; `self` is this server's own
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) frame_ancestors: Vec<Framer>,
    /// Believe what this proxy, or one of this network, says about where a request comes from
    #[arg(long, value_name = "ADDRESS[/BITS]")]
    pub(crate) trusted_proxy: Vec<Network>,
    /// Allow each client so many requests a second on average; without it 1000, and any number to
    /// clients on this machine
    #[arg(long, value_name = "N")]
    pub(crate) rate_limit: Option<NonZero<u32>>,
    /// Serve https with this certificate (PEM), and those between it and its issuer
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Run no broker: pass requests on to this ColonyOS server, or to the next of several (separated
    /// by commas) when it cannot be reached
    #[arg(long, value_name = "URL[,URL…]", value_delimiter = ',')]
    pub(crate) colonies: Vec<ServerUrl>,
    /// File with the colony owner's private key, for its owner only: then executors come in by link
    /// before the servers of --colonies. Without it `COLONIES_COLONY_PRVKEY` is looked at
    #[arg(long, value_name = "FILE", requires = "colonies")]
    pub(crate) owner_key_file: Option<PathBuf>,
    /// Let visitors submit who come from another machine, without an invite: processes for executors
    /// of the page's own type, 60 a minute an address
    #[arg(long)]
    pub(crate) visitors_submit: bool,
    /// Take off an executor of the embedded broker that has not asked for work for so many seconds,
    /// and let its processes wait again; at least 5
    #[arg(long, value_name = "SECONDS", default_value_t = STALE_AFTER_S, value_parser = stale_after)]
    #[arg(conflicts_with = "colonies")]
    pub(crate) stale_after: u32,
    /// Folder with the page's files
    #[arg(long, hide = true, value_name = "DIR", default_value = "dist")]
    pub(crate) dist: PathBuf,
}

/// `webpool env`.
#[derive(Debug, Args)]
pub(crate) struct Env {
    /// Port of the server; without it the one last used with this data folder
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Address of the server; without it the one last used with this data folder
    #[arg(long, value_parser = host)]
    pub(crate) host: Option<IpAddr>,
    /// Print the private keys of a colony made by `webpool init` too
    #[arg(long)]
    pub(crate) secrets: bool,
}

/// `webpool submit`.
#[derive(Debug, Args)]
pub(crate) struct Submit {
    /// Name of the function
    #[arg(value_name = "FUNC", value_parser = name)]
    pub(crate) function: String,
    /// Its arguments, each sent as a string, exactly as typed
    #[arg(value_name = "ARG", allow_negative_numbers = true)]
    pub(crate) words: Vec<String>,
    /// Its arguments as a JSON array, instead of ARG…
    #[arg(long, value_name = "JSON", value_parser = array, conflicts_with = "words")]
    pub(crate) args: Option<Json>,
    /// Its arguments by name, as a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    pub(crate) kwargs: Option<Json>,
    /// Type of the executors that may run it; without it what a page suggests for that server:
    /// `wasm` with the embedded broker, else `wasm-` and the colony's name
    #[arg(long = "type", value_name = "TYPE", value_parser = name)]
    pub(crate) executor_type: Option<String>,
    /// How many times to submit it
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) count: u32,
    /// Wait for the results and print them, one a line, instead of the process ids
    #[arg(long)]
    pub(crate) wait: bool,
    /// How long to wait, in seconds; without it as long as it takes
    #[arg(long, value_name = "SECONDS", requires = "wait", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
    /// How long it may run, in whole seconds; without it as long as it takes
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) max_exec_time: Option<i64>,
    /// The server; without it the one of `COLONIES_SERVER_HOST` and `COLONIES_SERVER_PORT`, else
    /// the one last used with this data folder
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<ServerUrl>,
}

fn host(text: &str) -> Result<IpAddr, String> {
    if text == "localhost" {
        return Ok(DEFAULT_HOST);
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().map_err(|_| "allowed is an IP address or localhost".to_owned())
}

fn name(text: &str) -> Result<String, String> {
    let is_blank = text.trim().is_empty();
    if is_blank {
        Err("allowed is a name, not an empty one".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

fn array(text: &str) -> Result<Json, String> {
    json(text, '[', "a JSON array, for example [5, 3]")
}

fn object(text: &str) -> Result<Json, String> {
    json(text, '{', r#"a JSON object, for example {"a": 5, "b": 3}"#)
}

fn json(text: &str, opening: char, allowed: &str) -> Result<Json, String> {
    let json = Json::from_text(text).map_err(|error| format!("allowed is {allowed} ({error})"))?;
    if json.as_str().trim_start().starts_with(opening) {
        return Ok(json);
    }
    Err(format!("allowed is {allowed}"))
}

fn stale_after(text: &str) -> Result<u32, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds >= LEAST_STALE_AFTER_S);
    seconds.ok_or_else(|| {
        format!("allowed is a whole number of seconds, at least {LEAST_STALE_AFTER_S}")
    })
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds > 0.0);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "allowed is a number of seconds over 0".to_owned())
}

#[cfg(test)]
mod tests;
