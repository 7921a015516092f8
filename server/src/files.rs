//! How many files this process may have open, and how many connections follow from it.

/// As many as a server needs for itself: its files, the page's, and connections to servers elsewhere.
const RESERVED: u64 = 640;

/// So many connections are let in even where files are few, and no more than that at most.
const FEWEST: u64 = 256;
const MOST: u64 = 10_000;

/// What most systems give a process that asks for nothing.
#[cfg(not(unix))]
const USUAL: u64 = 8192;

/// Asks for as many files as this process may have; how many connections it can let in.
pub(crate) fn make_room_for_connections() -> usize {
    let connections = files().saturating_sub(RESERVED).clamp(FEWEST, MOST);
    usize::try_from(connections).unwrap_or(usize::MAX)
}

#[cfg(unix)]
fn files() -> u64 {
    // More are of no use here.
    let wanted = MOST + RESERVED;
    match rlimit::getrlimit(rlimit::Resource::NOFILE) {
        Ok((soft, _)) if soft >= wanted => soft,
        Ok((soft, _)) => rlimit::increase_nofile_limit(wanted).unwrap_or(soft),
        Err(error) => {
            tracing::warn!("how many files may be open is not known: {error}");
            0
        }
    }
}

#[cfg(not(unix))]
const fn files() -> u64 {
    USUAL
}
