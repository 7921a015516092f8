//! What needs real ColonyOS servers: `cargo xtask test colonies cluster` builds them and runs these.
//!
//! - `tutorial` the seed tutorial word for word, with the real command line
//! - `cluster` three servers, one of which goes and comes back

mod cluster;
mod tutorial;

use webpool_harness as harness;
