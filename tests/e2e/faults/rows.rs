//! All rows, by topic.

mod cancel;
mod deadline;
mod page;
mod work;
mod workers;

use crate::row::Row;

/// All rows.
pub(crate) fn all() -> Vec<Row> {
    let topics = [work::rows(), cancel::rows(), deadline::rows(), page::rows(), workers::rows()];
    topics.into_iter().flatten().collect()
}
