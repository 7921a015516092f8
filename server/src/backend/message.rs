//! What a request says about itself, without its server: how long it waits, whether it may be
//! repeated, whether it subscribes to something. Pure.
//!
//! Nothing here judges a request: one that cannot be read goes to the server as it is, which says
//! what is wrong with it.

use std::time::Duration;

use webpool_colony::envelope::ReplyEnvelope;
use webpool_colony::request::{
    Assign, ChannelRead, Request, SearchLogs, SubscribeChannel, SubscribeProcess,
    SubscribeProcesses,
};
use webpool_colony::{Envelope, Id, PrivateKey};

/// Requests for work and questions are short; a longer body, in bytes, is neither.
const MAX_SHORT_BYTES: usize = 64 << 10;

/// The longest wait that is believed, a month: whoever asks may end it sooner.
const MAX_WAIT: Duration = Duration::from_hours(30 * 24);

/// How long a request may wait for work before it is answered.
pub(super) fn wait(body: &[u8]) -> Duration {
    let assign = read(body)
        .filter(|envelope| envelope.payloadtype == Assign::TYPE)
        .and_then(|envelope| serde_json::from_slice::<Assign>(&envelope.payload_bytes()).ok());
    let seconds = assign.map_or(0, |assign| assign.timeout);
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default()).min(MAX_WAIT)
}

/// Whether a request changes nothing, so that it may be sent again when its answer was lost. A
/// request for work may have been given some; its executor finds that out, and asks again itself.
pub(super) fn is_question(body: &[u8]) -> bool {
    read(body).is_some_and(|envelope| {
        let kind = envelope.payloadtype.as_str();
        kind.starts_with("get")
            || matches!(kind, "versionmsg" | SearchLogs::TYPE | ChannelRead::TYPE)
    })
}

fn read(body: &[u8]) -> Option<Envelope> {
    if body.len() > MAX_SHORT_BYTES { None } else { serde_json::from_slice(body).ok() }
}

/// What a frame of `/pubsub` is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    /// Processes: their end is the end of the connection.
    Processes,
    /// A channel: when it is over the connection goes on.
    Channel,
    /// Nothing: met with silence.
    Nothing,
    /// No signed envelope: the connection is dropped.
    Unreadable,
}

impl Topic {
    /// Reads a frame.
    pub(super) fn of(frame: &[u8]) -> Self {
        let Ok(envelope) = serde_json::from_slice::<Envelope>(frame) else {
            return Self::Unreadable;
        };
        match envelope.payloadtype.as_str() {
            SubscribeProcess::TYPE | SubscribeProcesses::TYPE => Self::Processes,
            SubscribeChannel::TYPE => Self::Channel,
            _ if envelope.signer().is_ok() => Self::Nothing,
            _ => Self::Unreadable,
        }
    }
}

/// A frame that is refused by name. A server takes it only when the channel before it is over, which
/// may happen in silence: the refusal tells.
pub(super) struct Marker {
    /// What the refusal names: the id of a process that is nowhere.
    name: Id,
    /// What to send.
    pub(super) frame: String,
}

impl Marker {
    /// Makes one that nobody else has.
    pub(super) fn new() -> Self {
        let key = PrivateKey::generate();
        let name = key.id();
        let processid = name.as_str().to_owned();
        let request = SubscribeProcess { processid, timeout: 1, ..SubscribeProcess::default() };
        Self { frame: request.seal(&key), name }
    }

    /// Whether this is its refusal.
    pub(super) fn is_met(&self, reply: &ReplyEnvelope) -> bool {
        let sentence = || String::from_utf8_lossy(&reply.payload_bytes()).into_owned();
        reply.error && sentence().contains(self.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use webpool_colony::envelope::Failure;
    use webpool_colony::request::{GetProcess, Submit};

    use super::*;

    fn seal(request: &impl Request) -> Vec<u8> {
        request.seal(&PrivateKey::generate()).into_bytes()
    }

    #[test]
    fn a_request_for_work_waits_as_long_as_it_says() {
        for (timeout, seconds) in [(60, 60), (0, 0), (-1, 0), (i64::MAX, 30 * 24 * 3600)] {
            let assign = Assign { timeout, ..Assign::default() };
            assert_eq!(wait(&seal(&assign)), Duration::from_secs(seconds), "{timeout}");
        }
        for body in [seal(&Submit::default()), b"nonsense".to_vec(), Vec::new()] {
            assert_eq!(wait(&body), Duration::ZERO);
        }
    }

    #[test]
    fn questions_alone_may_be_repeated() {
        let questions = [
            seal(&GetProcess::default()),
            seal(&SearchLogs::default()),
            seal(&ChannelRead::default()),
            br#"{"payloadtype":"versionmsg"}"#.to_vec(),
        ];
        assert!(questions.iter().all(|body| is_question(body)));
        let others = [
            seal(&Assign::default()),
            seal(&Submit::default()),
            seal(&SubscribeProcess::default()),
            b"nonsense".to_vec(),
            format!(r#"{{"payloadtype":"getx{}"}}"#, "x".repeat(MAX_SHORT_BYTES)).into_bytes(),
        ];
        assert!(!others.iter().any(|body| is_question(body)));
    }

    #[test]
    fn what_frames_are_about() {
        let cases = [
            (seal(&SubscribeProcess::default()), Topic::Processes),
            (seal(&SubscribeProcesses::default()), Topic::Processes),
            (seal(&SubscribeChannel::default()), Topic::Channel),
            (seal(&GetProcess::default()), Topic::Nothing),
            (br#"{"payloadtype":"getprocessmsg"}"#.to_vec(), Topic::Unreadable),
            (b"nonsense".to_vec(), Topic::Unreadable),
        ];
        for (frame, topic) in cases {
            assert_eq!(Topic::of(&frame), topic, "{}", String::from_utf8_lossy(&frame));
        }
        let marker = Marker::new();
        assert_eq!(Topic::of(marker.frame.as_bytes()), Topic::Processes);
        let refusal = |id: &str| {
            ReplyEnvelope::failure(&Failure {
                status: 403,
                message: format!("Invalid process with Id {id}"),
            })
        };
        assert!(marker.is_met(&refusal(marker.name.as_str())));
        assert!(!marker.is_met(&refusal(Marker::new().name.as_str())));
    }
}
