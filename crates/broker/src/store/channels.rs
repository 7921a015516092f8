//! What the file says about a process's channels; what is said in them is in memory.

use rusqlite::Row;
use webpool_colony::{Id, ProcessState};

use super::Store;

/// What has to be known of a process before anybody may use one of its channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) colony: String,
    pub(crate) state: ProcessState,
    pub(crate) initiator: Id,
    /// Who holds the process, or held it when it ended; none while it waits.
    pub(crate) holder: Option<Id>,
    /// How many channels are declared before this one; none if it is not declared.
    pub(crate) place: Option<u64>,
}

fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    let state = row.get("state")?;
    let holder: String = row.get("executorid")?;
    let state =
        ProcessState::from_code(state).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, state))?;
    Ok(Line {
        colony: row.get("colony")?,
        state,
        initiator: Id::from_text(row.get::<_, String>("initiatorid")?),
        holder: (!holder.is_empty()).then(|| Id::from_text(holder)),
        place: row.get("place")?,
    })
}

impl Store {
    /// Reads what has to be known before anybody may use the channel `name` of a process. The cost
    /// is that of the channels' names; arguments and outputs of the process are not touched.
    pub(crate) fn line(&self, processid: &str, name: &str) -> rusqlite::Result<Option<Line>> {
        let sql = "SELECT colony, state, initiatorid, executorid, \
             (SELECT min(key) FROM json_each(channels) WHERE value = ?2) AS place \
             FROM processes WHERE processid = ?1";
        self.one(sql, [processid, name], line)
    }
}
