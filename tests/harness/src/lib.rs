//! What every browser test stands on, and what is measured in a browser.
//!
//! A test is given a [`Stage`]: a server of its own over an empty folder, a browser of its own
//! with the page open, and a client of the colony.
//!
//! - `stage` all of it together
//! - `programs` which programs are driven
//! - `folder` a temporary folder
//! - `child` a program that says when it is ready
//! - `server` `webpool serve`
//! - `proxy` what stands between a page and the server, and injects faults
//! - `browser` a browser over WebDriver, and its console
//! - `chromium`, `firefox`, `webkit` how each of them is started
//! - `processes` the processes of a browser: which one a page's workers are in, and its end
//! - `trace` what Chromium's tracing says about the page's main thread
//! - `leaving` a page with busy slots goes
//! - `page` the page by its automation contract
//! - `colony` a client of a colony
//! - `identity` whose colony it is
//! - `place` where a stage plays: the embedded broker, or a server elsewhere
//! - `colonies` ColonyOS servers of a test's own
//! - `wait` waiting for a condition, up to a limit
//!
//! *It judges nothing: a test does, or who reads what was measured.*

mod browser;
mod child;
mod chromium;
mod colonies;
mod colony;
mod firefox;
mod folder;
mod identity;
mod leaving;
mod page;
mod place;
mod processes;
mod programs;
mod proxy;
mod server;
mod stage;
mod trace;
mod wait;
mod webkit;

pub use browser::{Browser, Kind};
pub use colonies::{Colonies, colonies};
pub use colony::{
    COLONY, COLONY_KEY, Colony, SERVER_KEY, TYPE, USER_KEY, call, seconds_between, text,
};
pub use folder::Folder;
pub use identity::Identity;
pub use leaving::{Going, since_1970};
pub use page::{Attributes, Memory, Page, WITH_DEBUGGER};
pub use place::{Way, elsewhere};
pub use processes::{cpu_time, freeze, kill, resume};
pub use programs::dist;
pub use proxy::{Closed, Fault, Injection, Proxy, Rule, What};
pub use server::Server;
pub use stage::{Setup, Stage, play};
pub use trace::{Task, Trace};
pub use wait::{Look, stays, until};
