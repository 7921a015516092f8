//! All rows, by topic.

mod answers;
mod browser;
mod cancel;
mod deadline;
mod network;
mod page;
mod refusal;
mod server;
mod silence;
mod sockets;
mod work;
mod workers;

use crate::row::Row;

/// All rows.
pub(crate) fn all() -> Vec<Row> {
    let topics = [
        network::rows(),
        answers::rows(),
        server::rows(),
        silence::rows(),
        sockets::rows(),
        refusal::rows(),
        work::rows(),
        cancel::rows(),
        deadline::rows(),
        page::rows(),
        browser::rows(),
        workers::rows(),
    ];
    topics.into_iter().flatten().collect()
}
