//! What `webpool serve` says when it is ready, and `webpool init` when it is done.
//!
//! The first line of `serve` is for programs: `webpool listening on http://127.0.0.1:50080`, with
//! the address it is bound to. The rest is for the person who started it. No private key is said.

use std::env;
use std::net::SocketAddr;
use std::path::Path;

use crate::authority::ServerUrl;
use crate::console::say;
use crate::data::{self, reachable};
use crate::keyring::Keyring;
use crate::operator;

const PUBLIC_KEYS: &str = "
  !!! THE DEVELOPMENT KEYS ARE PUBLIC. The colony dev and its keys are the same in every
  !!! copy of ColonyOS: whoever reaches this address can run and read everything on it.
  !!! That is why it listens to this machine only. Put no proxy or tunnel in front of it.
";

const OPEN_TO_OTHERS: &str = "
  Other machines reach it over plain HTTP, under its own address and each --allow-host.
  Where the network is not yours, serve https (--tls-cert, --tls-key), or put a proxy in front
  that does.
";

/// Announces the page and the embedded broker behind it.
pub(crate) fn for_broker(address: SocketAddr, is_tls: bool, keyring: &Keyring, data: &Path) {
    let page = ServerUrl::at(reachable(address), is_tls);
    let (program, option) = (program(), data_option(data));
    say(format_args!("webpool listening on {}", ServerUrl::at(address, is_tls)));
    say("");
    say(format_args!("  page    {page}"));
    say(format_args!("  submit  {program} submit add 5 3 --wait{option}"));
    say(format_args!(
        "  env     eval \"$({program} env{option})\", for the colonies CLI and the SDKs"
    ));
    operate(&page, data);
    say(format_args!("  data    {}", data.display()));
    if keyring.is_public() {
        say(PUBLIC_KEYS);
    } else {
        say(format_args!("  colony  {}, with keys of its own{}", keyring.colony, key_hint(data)));
        say(if is_tls || address.ip().is_loopback() { "" } else { OPEN_TO_OTHERS });
    }
    say("  Ctrl-C ends it.");
}

/// Announces the page, and the servers to which requests go on; with a data folder also the
/// operator's view.
pub(crate) fn for_colonies(
    address: SocketAddr,
    is_tls: bool,
    servers: &[ServerUrl],
    data: Option<&Path>,
) {
    let page = ServerUrl::at(reachable(address), is_tls);
    say(format_args!("webpool listening on {}", ServerUrl::at(address, is_tls)));
    say("");
    say(format_args!("  page    {page}"));
    for server in servers {
        say(format_args!("  server  {server}, no embedded broker"));
    }
    say(format_args!("  submit  {} submit add 5 3 --wait --server {page}", program()));
    if let Some(data) = data {
        operate(&page, data);
    }
    say("");
    say("  Ctrl-C ends it.");
}

/// Where the operator's view is, and how its key is found.
fn operate(page: &ServerUrl, data: &Path) {
    let (program, option) = (program(), data_option(data));
    say(format_args!(
        "  operate {page}{}, with the operator key of {program} env --secrets{option}",
        operator::PATH
    ));
}

/// Announces a colony that was just made.
pub(crate) fn for_colony(name: &str, data: &Path) {
    let (program, option) = (program(), data_option(data));
    say(format_args!("The colony {name} has keys of its own in {}", data::keys(data).display()));
    say("");
    say(format_args!("  serve   {program} serve{option}"));
    say(format_args!("  keys    {program} env --secrets{option}"));
    say("");
    say("  Keep a copy of that file in a safe place: nobody can make these keys again.");
}

fn key_hint(data: &Path) -> String {
    format!(" (for the page's form: {} env --secrets{})", program(), data_option(data))
}

/// The program as it can be typed in this folder.
fn program() -> String {
    let typed = env::args().next().unwrap_or_else(|| "webpool".to_owned());
    let here = env::current_dir().unwrap_or_default();
    Path::new(&typed).strip_prefix(here).map_or(typed.clone(), |path| path.display().to_string())
}

/// What other commands need to find a data folder that is not the usual one.
fn data_option(data: &Path) -> String {
    let usual = env::current_dir().unwrap_or_default().join("webpool-data");
    if data == usual { String::new() } else { format!(" --data {}", data.display()) }
}
