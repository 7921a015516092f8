//! The registrar over a real file: what it lets in, what it remembers, and what several of them over
//! one file make of it, as one promise a file.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so")]

#[path = "contract/fixture.rs"]
mod fixture;
#[path = "contract/invites.rs"]
mod invites;
#[path = "contract/members.rs"]
mod members;
#[path = "contract/properties.rs"]
mod properties;
#[path = "contract/shared.rs"]
mod shared;
#[path = "contract/versions.rs"]
mod versions;
