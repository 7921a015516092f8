//! Who may do what: the roles of the protocol.
//!
//! A member is a user or an approved executor of a colony. Neither the colony's owner nor the
//! server's is one. Each check says no with the reference server's sentence.

use webpool_colony::{Id, ProcessState};

use crate::channels::{Address, Channels, MAX_CHANNELS};
use crate::error::Refusal;
use crate::store::{Line, Standing, Store};

/// The server's owner.
pub(crate) fn require_server_owner(server: &Id, signer: &Id) -> Result<(), Refusal> {
    if server == signer {
        Ok(())
    } else {
        Err(Refusal::forbidden("Access denied, not server owner"))
    }
}

/// The colony's owner.
pub(crate) fn require_owner(store: &Store, colony: &str, signer: &Id) -> Result<(), Refusal> {
    if colony.is_empty() {
        return Err(Refusal::forbidden("Empty Colony name"));
    }
    let standing = store.standing(colony, signer)?;
    match standing.owner {
        None => Err(Refusal::forbidden(no_colony(colony))),
        Some(owner) if owner == signer.as_str() => Ok(()),
        Some(_) => Err(Refusal::forbidden("Access denied, not colony owner")),
    }
}

/// A user or an approved executor.
pub(crate) fn require_member(store: &Store, colony: &str, signer: &Id) -> Result<(), Refusal> {
    require(&store.standing(colony, signer)?, colony, |standing| standing.is_approved)
}

/// A user or an executor in any state.
pub(crate) fn require_known(store: &Store, colony: &str, signer: &Id) -> Result<(), Refusal> {
    require(&store.standing(colony, signer)?, colony, |standing| standing.is_executor)
}

fn require(
    standing: &Standing,
    colony: &str,
    is_executor: impl Fn(&Standing) -> bool,
) -> Result<(), Refusal> {
    if standing.owner.is_none() {
        Err(Refusal::forbidden(no_colony(colony)))
    } else if standing.is_user || is_executor(standing) {
        Ok(())
    } else {
        Err(not_a_member(colony))
    }
}

/// What has to be known before anybody may use a channel: with whoever was given the process last as
/// its holder, even if it waits again.
pub(crate) fn require_line(
    store: &Store,
    channels: &Channels,
    address: &Address,
) -> Result<Line, Refusal> {
    let Address { processid, name } = address;
    let missing = || Refusal::new(404, "Process not found");
    let line = store.line(processid, name)?.ok_or_else(missing)?;
    let holder = line.holder.or_else(|| channels.last_executor(processid).cloned());
    Ok(Line { holder, ..line })
}

/// One of the two parties of a process, to `verb` one of its channels: who submitted it, and its
/// holder. A process that has succeeded or failed has no channels; those of a cancelled one are
/// empty.
pub(crate) fn require_party(
    store: &Store,
    line: &Line,
    signer: &Id,
    verb: &str,
) -> Result<(), Refusal> {
    require_member(store, &line.colony, signer)?;
    let is_over = matches!(line.state, ProcessState::Success | ProcessState::Failed);
    match line.place.filter(|_| !is_over) {
        None => return Err(Refusal::new(404, "Channel not found")),
        Some(MAX_CHANNELS..) => return Err(Refusal::new(500, "process has too many channels")),
        Some(_) => {}
    }
    if line.initiator == *signer || line.holder.as_ref() == Some(signer) {
        Ok(())
    } else {
        Err(Refusal::forbidden(format!("Not authorized to {verb} channel")))
    }
}

/// What is said to somebody who is no member.
pub(crate) fn not_a_member(colony: &str) -> Refusal {
    Refusal::forbidden(format!("Access denied, not a member of Colony with name <{colony}>"))
}

/// What is said about a colony that is not there.
pub(crate) fn no_colony(colony: &str) -> String {
    format!("Colony with name <{colony}> does not exists")
}

/// A name is a key of the reference server's database, joined with colons: so it has none.
pub(crate) fn require_plain_name(prefix: &str, name: &str) -> Result<(), Refusal> {
    if name.contains(':') {
        return Err(Refusal::bad(format!("{prefix}, name <{name}> must not contain a colon")));
    }
    Ok(())
}
