//! The program `webpool`: the page, the embedded broker behind it, and the command line.
//!
//! - [`cli`]: what can be typed, and what each part must look like
//! - [`invite`]: `webpool invite`: makes, lists, shows and revokes invites
//! - [`table`]: lines in columns
//! - [`init`]: `webpool init`: makes a colony with keys of its own
//! - [`keyring`]: the keys of a data folder's colony, and their file
//! - [`registrar_keys`]: the keys that the registrar signs with, and where they come from
//! - [`serve`]: `webpool serve`: opens everything, says where it is, ends it cleanly
//! - [`announcement`]: what is said when it is ready
//! - [`pages`]: the files of the page: types, compression, caching
//! - [`headers`]: headers of every answer: what a browser may do with it
//! - [`config`]: `GET /config.json`: what the page fills its form with
//! - [`connections`]: lets connections in, and ends those of clients that are too slow
//! - [`health`]: `GET /healthz`: whether work can be done here
//! - [`metrics`]: what is counted, and `GET /metrics`
//! - [`tls`]: HTTPS: certificate and key
//! - [`multiplex`]: HTTP/2: many requests at a time on one connection
//! - [`patience`]: a connection that is given up when its client stops reading
//! - [`body`]: reads the body of a request
//! - [`limits`]: what clients may take of the server
//! - [`link`]: the way in for strangers
//! - [`operator`]: the operator's view, behind the operator key
//! - [`api`]: the routes of a ColonyOS server
//! - [`front`]: what the routes talk to: the backend, and the office before it
//! - [`backend`]: what answers them: the embedded broker, or ColonyOS servers elsewhere
//! - [`pubsub`]: the broker's WebSocket
//! - [`admission`]: asks the guard before every route, and answers who is refused
//! - [`throttle`]: refuses connections and requests of clients that come too often
//! - [`rates`]: how often somebody may do something; pure
//! - [`peer`]: who a client is, also behind proxies; pure
//! - [`door`]: the bound port, and the two ends of each connection
//! - [`guard`]: who may ask: Host, Origin, peer and proxy; pure
//! - [`authority`]: hosts, origins and server addresses as text; pure
//! - [`data`]: the data folder: its lock, its files and who may read them, the address last used
//! - [`environment`]: the `COLONIES_…` variables, written by `webpool env`, read by `submit`
//! - [`submit`]: `webpool submit`: submits a function and waits for its result
//! - [`client`]: one signed request over HTTP
//! - [`development`]: the public development keys
//! - [`clock`]: what time it is
//! - [`console`]: lines for the person at the terminal
//! - [`error`]: what can go wrong, in one sentence each, with its exit code

mod admission;
mod announcement;
mod api;
mod authority;
mod backend;
mod body;
mod cli;
mod client;
mod clock;
mod config;
mod connections;
mod console;
mod data;
mod development;
mod door;
mod environment;
mod error;
mod files;
mod front;
mod guard;
mod headers;
mod health;
mod init;
mod invite;
mod keyring;
mod limits;
mod link;
mod metrics;
mod multiplex;
mod operator;
mod pages;
mod patience;
mod peer;
mod pubsub;
mod rates;
mod registrar_keys;
mod room;
mod serve;
mod submit;
mod table;
mod throttle;
mod tls;
mod upgrade;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use crate::cli::{Arguments, Command, LogFormat};
use crate::error::Error;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_log(arguments.log_format);
    match run(arguments).await {
        Ok(code) => code,
        Err(error) => {
            console::complain(format_args!("webpool: {}", error::sentence(&error)));
            error.exit_code()
        }
    }
}

async fn run(arguments: Arguments) -> Result<ExitCode, Error> {
    let data = arguments.data;
    match arguments.command {
        Command::Init(arguments) => init::run(&arguments, &data),
        Command::Serve(arguments) => serve::run(&arguments, &data).await,
        Command::Env(arguments) => environment::print(&arguments, &data),
        Command::Submit(arguments) => submit::run(&arguments, &data).await,
        Command::Invite(command) => invite::run(&command, &data),
    }
}

/// Sends the log to standard error; `RUST_LOG` chooses what is in it.
fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let is_terminal = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(is_terminal);
    let log = log.with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
