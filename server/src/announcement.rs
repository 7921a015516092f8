//! What `webpool serve` says when it is ready.
//!
//! The first line is for programs: `webpool listening on http://127.0.0.1:50080`. The rest is for
//! the person who started it.

use std::env;
use std::net::SocketAddr;
use std::path::Path;

use crate::authority::ServerUrl;
use crate::console::say;

/// Announces the page and the embedded broker behind it.
pub(crate) fn for_broker(address: SocketAddr, data: &Path) {
    let page = ServerUrl::at(address);
    let (program, option) = (program(), data_option(data));
    say(format_args!("webpool listening on {page}"));
    say("");
    say(format_args!("  page    {page}"));
    say(format_args!("  submit  {program} submit add 5 3 --wait{option}"));
    say(format_args!(
        "  env     eval \"$({program} env{option})\", for the colonies CLI and the SDKs"
    ));
    say(format_args!("  data    {}", data.display()));
    say("");
    say("  !!! THE DEVELOPMENT KEYS ARE PUBLIC. The colony dev and its keys are the same in every");
    say("  !!! copy of ColonyOS: whoever reaches this address can run and read everything on it.");
    say(
        "  !!! That is why it listens to this machine only. Put no proxy or tunnel in front of it.",
    );
    say("");
    say("  Ctrl-C ends it.");
}

/// Announces the page alone.
pub(crate) fn for_colonies(address: SocketAddr, server: &ServerUrl) {
    let page = ServerUrl::at(address);
    say(format_args!("webpool listening on {page}"));
    say("");
    say(format_args!("  page    {page}"));
    say(format_args!("  server  {server}, no embedded broker"));
    say(format_args!("  submit  {} submit add 5 3 --wait --server {server}", program()));
    say("");
    say("  Ctrl-C ends it.");
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
