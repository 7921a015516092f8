//! The broker acts as a ColonyOS server does: recorded exchanges replayed, and what no record can
//! show, as one promise a file.
//!
//! Every test has a broker of its own, over a file in a folder of its own, and a clock that stands
//! still until it is moved. The tests in `shared` do without its inside: `live.rs` puts them to a
//! real server too.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so"
)]

#[path = "contract/better.rs"]
mod better;
#[path = "contract/channels.rs"]
mod channels;
#[path = "contract/deadlines.rs"]
mod deadlines;
#[path = "contract/differences.rs"]
mod differences;
#[path = "contract/durability.rs"]
mod durability;
#[path = "contract/endings.rs"]
mod endings;
#[path = "contract/fixture.rs"]
mod fixture;
#[path = "contract/graphs.rs"]
mod graphs;
#[path = "contract/growth.rs"]
mod growth;
#[path = "contract/pauses.rs"]
mod pauses;
#[path = "contract/polls.rs"]
mod polls;
#[path = "contract/progress.rs"]
mod progress;
#[path = "contract/properties.rs"]
mod properties;
#[path = "contract/pubsub.rs"]
mod pubsub;
#[path = "contract/record.rs"]
mod record;
#[path = "contract/refusals.rs"]
mod refusals;
#[path = "contract/replay.rs"]
mod replay;
#[path = "contract/shared.rs"]
mod shared;
#[path = "contract/embedded.rs"]
mod subject;
#[path = "contract/versions.rs"]
mod versions;
