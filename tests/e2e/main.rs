//! Browser tests: the whole system in Chromium, what differs also in Firefox, one promise a file.
//!
//! `cargo xtask e2e [NAME]` builds everything and runs them. They look at the broker first, then
//! at the `data-*` attributes of the automation contract; never at prose or pixels.
//!
//! Faults are a target of their own, `tests/e2e/faults`.
//!
//! The crate `webpool-harness` gives each test a server, a browser and a client of the colony.
//!
//! - `join` executors join with a name, a description and their functions
//! - `functions` each function puts out what its table says, to the bit
//! - `refusals` what cannot be run fails with a reason, and nothing else happens
//! - `many` 24 workers do not wait for each other
//! - `finish`, `stop`, `pause`, `resize`, `reload` what a person does, and what becomes of work
//! - `leaving` a busy page goes, in Chromium and Firefox: all of its work waits again at once
//! - `restart` webpool or the page is away for a while: work goes on
//! - `deadline` a process that overran and has another try waits again
//! - `handle` a worker's parent hears what it should, and nothing else, on both borders
//! - `console` the check that ends every test sees errors of every thread
//! - `renewal` a page that cannot become the build that is served is loaded anew once
//! - `key` who types the colony's key joins without a link
//! - `origin` a page elsewhere is refused
//! - `gateway` the page of a gateway in front of another server works as with the broker
//! - `invited` a volunteer comes by an invite's link, and no key is left in the page
//! - `operator` an operator invites, sees, removes and bans in a browser
//! - `insecure` a page without a secure context works
//! - `secure` over https and HTTP/2 all workers poll at once
//! - `narrow` a narrow screen shows everything
//! - `class` the JavaScript class does what its description says
//! - `client` the run form, with and without slots
//! - `smooth` the main thread stays free while every worker computes
//! - `seed` the tutorial's submissions, made with a client written by others
//! - `form` settings are checked before anything starts

mod class;
mod client;
mod console;
mod deadline;
mod finish;
mod form;
mod functions;
mod gateway;
mod handle;
mod insecure;
mod invited;
mod join;
mod key;
mod leaving;
mod many;
mod narrow;
mod operator;
mod origin;
mod pause;
mod refusals;
mod reload;
mod renewal;
mod resize;
mod restart;
mod secure;
mod seed;
mod smooth;
mod stop;

use webpool_harness as harness;
