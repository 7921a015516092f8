//! The tests of the contract that need no broker's inside, put to a real ColonyOS server: the one
//! that `WEBPOOL_COLONIES_URL` and `COLONIES_SERVER_PRVKEY` name.
//!
//! Where the server is known to act otherwise (`contract/differences.rs`) a test passes only if it
//! still does.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so")]

#[path = "contract/differences.rs"]
mod differences;
#[path = "contract/fixture.rs"]
mod fixture;
#[path = "contract/shared.rs"]
mod shared;
#[path = "contract/live.rs"]
mod subject;
