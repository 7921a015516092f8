//! Tests that see a server from outside: the same for the embedded broker and for a real server.

#[path = "shared/events.rs"]
mod events;
#[path = "shared/limits.rs"]
mod limits;
#[path = "shared/matching.rs"]
mod matching;
#[path = "shared/pauses.rs"]
mod pauses;
#[path = "shared/refusals.rs"]
mod refusals;
#[path = "shared/shapes.rs"]
mod shapes;
#[path = "shared/wakes.rs"]
mod wakes;
