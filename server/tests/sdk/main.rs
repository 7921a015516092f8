//! The Rust SDK as an independent client: the integration tests of the crate `colonyos` 1.0.5,
//! unchanged, and tests of our own that speak through it.
//!
//! The crate's tests are the file `colonyos-1.0.5/integration_test.rs.txt`, byte for byte (a test
//! sees to that); it is theirs, under the MIT licence beside it. They take names from a crate
//! `random_string`, before they do anything else: ours also starts `webpool serve` on a free port
//! and tells the SDK where it is.

#[cfg(test)]
mod client;
#[cfg(test)]
#[allow(
    warnings,
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    reason = "not our code: it is taken as it is"
)]
mod integration {
    use crate::random_string;

    include!("colonyos-1.0.5/integration_test.rs.txt");
}
#[cfg(test)]
mod random_string;
#[cfg(test)]
mod server;
#[cfg(test)]
#[path = "../serve/support.rs"]
#[expect(dead_code, reason = "shared with the tests of the program, which need more of it")]
mod support;
#[cfg(test)]
mod verbatim;
