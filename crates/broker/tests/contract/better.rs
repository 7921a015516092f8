//! Where the broker acts otherwise than the recorded server, on purpose. PROTOCOL.md says why at length.

/// Where we do better than the record.
pub(super) enum Better {
    /// The line makes no sense here.
    Skipped,
    /// The same status, but another result.
    Result,
    /// Another refusal.
    Refusal(u16, &'static str),
    /// No refusal.
    Accepted,
    /// No frame at all.
    Silence,
}

use Better::{Accepted, Refusal, Result as OtherResult, Silence, Skipped};

const NOT_A_MEMBER: &str = "Access denied, not a member of Colony with name <tr-44944076>";

/// What differs from the record on purpose: name, how, and why.
pub(super) const BETTER: [(&str, Better, &str); 49] = [
    ("life/assign: reply has no execdeadline yet", OtherResult, "the reply shows the new deadline"),
    (
        "life/getlogs by executor name crosses colonies",
        OtherResult,
        "logs stay within their colony",
    ),
    (
        "life/executor id registered in two colonies: refused in the other",
        Refusal(404, "No process available for assignment"),
        "one id works in several colonies",
    ),
    (
        "getblueprint/generation after the forced refusal",
        OtherResult,
        "a refused request stores nothing",
    ),
    (
        "http/api null",
        Refusal(400, "json: cannot unmarshal null into Go value of type rpc.RPCMsg"),
        "null crashes nothing",
    ),
    (
        "payload/json null",
        Refusal(400, "Failed to get colonies, invalid JSON"),
        "null crashes nothing",
    ),
    ("addcolony/same id other name", OtherResult, "the reply shows the colony just made"),
    (
        "adduser/colon in name",
        Refusal(400, "Failed to add user, name <a:b> must not contain a colon"),
        "a name that breaks listing is refused",
    ),
    ("getusers/after colon name (poisoned)", Skipped, "nothing is poisoned"),
    ("addexecutor/same id different name", OtherResult, "the reply shows the executor just made"),
    (
        "addexecutor/colon in name poisons listing",
        Refusal(400, "Failed to add executor, name <a:b> must not contain a colon"),
        "a name that breaks listing is refused",
    ),
    ("statistics/broken by a colon in any executor name", Skipped, "nothing is broken"),
    ("getexecutors/broken by a colon in an executor name", Skipped, "nothing is broken"),
    ("addfunction/rust sdk field name 'function'", Skipped, "the SDK's field is read as well"),
    ("submit/executornames star", OtherResult, "the reply shows the names as submitted"),
    ("assign/ok", OtherResult, "the reply shows the new deadline"),
    ("addattribute/ok", OtherResult, "an attribute's state is its process's, at once"),
    ("addattribute/rust sdk ENV=4 type", OtherResult, "as above"),
    ("addattribute/without targetcolonyname (python sdk)", OtherResult, "as above"),
    ("getattribute/ok", OtherResult, "as above"),
    ("getprocess/with attributes", OtherResult, "as above"),
    ("assign/ok process with env", OtherResult, "as above"),
    (
        "getlogs/negative count",
        Refusal(400, "pq: LIMIT must not be negative"),
        "one envelope, not two in one body",
    ),
    ("getprocess/failed but output overwritten", OtherResult, "a refused close stores nothing"),
    ("getprocess/cancelled while running", OtherResult, "as above"),
    ("getprocesses/state 3", OtherResult, "as above"),
    ("getprocesses/state 4", OtherResult, "as above"),
    ("getprocesshist/executor", OtherResult, "as above"),
    (
        "getprocesshist/not member: 200 with empty body",
        Refusal(403, NOT_A_MEMBER),
        "a refusal says so",
    ),
    (
        "colonystats/not member: 200 with empty body",
        Refusal(403, NOT_A_MEMBER),
        "a refusal says so",
    ),
    (
        "colonystats/colony owner: 200 with empty body",
        Refusal(403, NOT_A_MEMBER),
        "a refusal says so",
    ),
    ("life/getprocessgraphs(waiting) is poisoned by the failed submit", Accepted, "no ghost stays"),
    ("submitworkflow/empty", OtherResult, "nothing to do is done"),
    (
        "submitworkflow/cycle",
        Refusal(400, "Failed to submit workflow, the dependencies of node <a> lead back to it"),
        "no node could ever begin",
    ),
    (
        "getprocessgraph/after child failed while sibling was running",
        OtherResult,
        "what has succeeded stays successful",
    ),
    ("colonystats/with workflows", OtherResult, "as above, and a finished graph stays as it is"),
    ("statistics/workflow counters always 0", OtherResult, "as above"),
    (
        "quirk/getprocessgraph of the damaged running graph",
        Accepted,
        "no node of a running graph is removed",
    ),
    ("quirk/getprocessgraphs(running) is poisoned by the damaged graph", Accepted, "as above"),
    ("quirk/close of a node in the damaged graph", Accepted, "as above"),
    ("quirk/assign of the next node of a damaged graph", Accepted, "as above"),
    ("ws/subscribeprocess success event", OtherResult, "the frame shows output and end time"),
    ("ws/binary request gets binary reply", OtherResult, "as above"),
    (
        "ws/subscribeprocess non-member gets the event",
        Refusal(403, "Access denied, not a member of Colony with name <tr-938c7924>"),
        "a process is shown to members only",
    ),
    (
        "ws/subscribeprocesses two subscribers share events (first)",
        Skipped,
        "every subscriber gets every event",
    ),
    ("ws/subscribeprocesses two subscribers share events (second)", Skipped, "as above"),
    (
        "ws/subscribeprocesses event from another colony with the same executor type",
        Silence,
        "colonies do not see each other's processes",
    ),
    (
        "ws/subscribeprocesses pending executor may subscribe",
        Silence,
        "it may, and sees processes once it is approved",
    ),
    (
        "ws/subscribeprocess waiting event when unassigned by the deadline checker",
        OtherResult,
        "the frame shows the new state: no executor, one more retry",
    ),
];
