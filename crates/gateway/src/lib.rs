//! What a gateway decides: who may send what, who is away and for how long, who asks for work next.
//!
//! Strangers never reach a colony's server themselves: an executor's key is far too powerful there.
//! They talk to a gateway that knows them, and lets through what concerns themselves and the process
//! they hold. Nothing here does IO, reads a clock or makes a random number: times are durations since
//! some start, and whoever drives a [`Gateway`] carries out what it returns.
//!
//! - [`gateway`]: everything together
//! - [`reading`]: envelopes, read so that no server can read them differently
//! - [`permission`]: the allow-list
//! - [`member`]: who is known, and what they hold
//! - [`presence`]: sessions, and the time there is to come back
//! - [`queue`]: who asks the server for work next

pub mod gateway;
pub mod member;
pub mod permission;
pub mod presence;
pub mod queue;
pub mod reading;

pub use gateway::{Action, Gateway, Opened, Settings};
pub use member::{Member, Profile};
pub use permission::{Joining, Meaning, Offer, Verdict};
pub use presence::Ending;
pub use queue::{PollNumber, Polled, Queue, Step, Ticket};
