//! What a status and a body mean.
//!
//! A reply is read by its status first, as the SDKs do; the body tells the details. An empty poll
//! is no error but [`Assigned::Nothing`]. How long a reply may be is up to who carries it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::envelope::{Failure, ReplyEnvelope};
use crate::error::Error;
use crate::process::Process;

/// The longest reply that is read in a browser, in bytes (32 MB).
pub const MAX_REPLY_BYTES: u64 = 32 << 20;

/// How much of a longer reply is worth keeping, in bytes: enough for [`first_process_id`].
pub const HEAD_BYTES: usize = 1024;

/// How much of a reply that makes no sense is quoted, in characters.
const EXCERPT_CHARS: usize = 120;

/// What a request for work came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Assigned {
    /// Here is a process to run.
    Process(Box<Process>),
    /// There was none in time: normal.
    Nothing,
    /// The colony's owner has paused assignments.
    Paused,
}

/// A request without result is answered with `{}`; any object will do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Done {}

/// Reads the reply to a request whose result is a `T`.
///
/// # Errors
///
/// [`Error::Refused`] with the server's status and sentence, [`Error::Malformed`] for anything that
/// is no reply of the protocol.
pub fn read<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<T, Error> {
    let malformed = |reason: String| Error::Malformed { status, excerpt: excerpt(&reason, body) };
    let envelope: ReplyEnvelope =
        serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
    let payload = envelope.payload_bytes();
    if status >= 400 || envelope.error {
        let failure: Failure =
            serde_json::from_slice(&payload).map_err(|error| malformed(error.to_string()))?;
        let status = if status >= 400 { status } else { failure.status };
        return Err(Error::Refused { status, message: failure.message });
    }
    serde_json::from_slice(&payload).map_err(|error| malformed(error.to_string()))
}

/// Reads the reply to a request for work.
///
/// # Errors
///
/// As [`read`]; an empty poll and a paused colony are no errors.
pub fn read_assigned(status: u16, body: &[u8]) -> Result<Assigned, Error> {
    match read::<Process>(status, body) {
        Ok(process) => Ok(Assigned::Process(Box::new(process))),
        Err(Error::Refused { status: 404, message })
            if message == "No process available for assignment" =>
        {
            Ok(Assigned::Nothing)
        }
        Err(Error::Refused { status: 408 | 503, message })
            if message.contains("assignments are paused") =>
        {
            Ok(Assigned::Paused)
        }
        Err(error) => Err(error),
    }
}

/// The id of the first process in a successful reply of which perhaps only the beginning is known;
/// none if it does not begin with a process.
///
/// ```
/// use webpool_colony::{envelope::ReplyEnvelope, reply};
/// let id = "7a".repeat(32);
/// let body = ReplyEnvelope::success("assignprocessmsg", &format!(r#"{{"processid":"{id}"}}"#));
/// assert_eq!(reply::first_process_id(body.to_body().as_bytes()), Some(id));
/// ```
pub fn first_process_id(head: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(head.get(..HEAD_BYTES).unwrap_or(head));
    let (_, payload) = head.split_once(r#""payload":""#)?;
    let payload = payload.split(|c: char| !is_base64(c)).next()?;
    let whole = payload.len() / 4 * 4;
    let bytes = STANDARD.decode(payload.get(..whole)?).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let (before, id) = text.split_once(r#""processid":""#)?;
    let (id, _) = id.split_once('"')?;
    let is_first = before.trim_start_matches('[') == "{";
    let is_id = id.len() == 64 && id.chars().all(|c| c.is_ascii_hexdigit());
    (is_first && is_id).then(|| id.to_owned())
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')
}

fn excerpt(reason: &str, body: &[u8]) -> String {
    let head = String::from_utf8_lossy(body.get(..EXCERPT_CHARS * 4).unwrap_or(body));
    let head: String = head.chars().take(EXCERPT_CHARS).collect();
    if head.is_empty() { "an empty body".to_owned() } else { format!("{reason}, in «{head}»") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, message: &str) -> String {
        ReplyEnvelope::failure(&Failure { status, message: message.to_owned() }).to_body()
    }

    #[test]
    fn empty_polls_are_no_errors() {
        let none = refusal(404, "No process available for assignment");
        assert_eq!(read_assigned(404, none.as_bytes()), Ok(Assigned::Nothing));
        for (status, message) in [
            (408, "Assignment timeout: colony assignments are paused"),
            (503, "No processes available: colony assignments are paused"),
        ] {
            let body = refusal(status, message);
            assert_eq!(read_assigned(status, body.as_bytes()), Ok(Assigned::Paused));
        }
    }

    #[test]
    fn nonsense_is_an_error_with_its_first_characters() {
        let cases: [(u16, &[u8]); 6] = [
            (200, b""),
            (200, b"<html>bad gateway</html>"),
            (200, br#"{"payloadtype":"x","payload":"e30","error":false}"#),
            (500, b""),
            (404, b"404 page not found"),
            (200, b"\xff\xfe\x00"),
        ];
        for (status, body) in cases {
            let result = read::<Process>(status, body);
            assert!(matches!(result, Err(Error::Malformed { .. })), "{status} {body:?} {result:?}");
        }
    }

    #[test]
    fn a_beginning_tells_of_its_first_process() {
        let (id, other) = ("0f".repeat(32), "1e".repeat(32));
        let long = "x".repeat(2 * HEAD_BYTES);
        let process = |id: &str| format!(r#"{{"processid":"{id}","label":"{long}"}}"#);
        let list = format!("[{},{}]", process(&id), process(&other));
        for payload in [process(&id), list] {
            let body = ReplyEnvelope::success("any", &payload).to_body();
            for length in [HEAD_BYTES, HEAD_BYTES - 1, body.len()] {
                let head = body.get(..length).unwrap_or_default();
                assert_eq!(first_process_id(head.as_bytes()), Some(id.clone()), "{length}");
            }
        }
        let named = format!(r#"{{"label":"{{","processid":"{id}"}}"#);
        for payload in ["null", "[]", r#"{"processid":"p"}"#, &named, r#"{"processid":"0f"#] {
            let body = ReplyEnvelope::success("any", payload).to_body();
            assert_eq!(first_process_id(body.as_bytes()), None, "{payload}");
        }
        assert_eq!(first_process_id(b"<html>"), None);
    }

    #[test]
    fn any_json_in_args_is_kept() {
        let payload =
            r#"{"processid":"p","spec":{"args":[1,null,{"a":[2]},"x"],"kwargs":{"k":1}}}"#;
        let body = ReplyEnvelope::success("assignprocessmsg", payload).to_body();
        let process: Process = read(200, body.as_bytes()).unwrap();
        assert_eq!(process.spec.args.as_str(), r#"[1,null,{"a":[2]},"x"]"#);
        assert_eq!(process.spec.kwargs.as_str(), r#"{"k":1}"#);
    }
}
