//! Reads a frame that came over `/pubsub`: a subscription, or what is said about one that cannot be
//! read. Each kind of subscription says so in its own way, as the reference server does.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use webpool_colony::request::{Request, SubscribeChannel, SubscribeProcess, SubscribeProcesses};
use webpool_colony::{Envelope, Id};

use super::{Wrong, decode, decoder_text, kind_name, nul, read_envelope, recover};
use crate::error::Refusal;

/// What somebody wants to follow.
#[derive(Debug)]
pub(crate) enum Follow {
    /// One process.
    Process(SubscribeProcess),
    /// All processes for one type of executor.
    Processes(SubscribeProcesses),
    /// A channel of a process.
    Channel(SubscribeChannel),
}

/// What a frame comes to.
#[derive(Debug)]
pub(crate) enum Frame {
    /// Whoever signed this wants to follow something.
    Follow(Id, Box<Follow>),
    /// Answer with this error.
    Refused(Refusal),
    /// Nothing we know: said in silence, as the reference server does.
    Ignored,
    /// Not an envelope, or not signed: the connection is closed without a reply.
    Unreadable,
}

/// How mistakes in one kind of subscription are answered.
struct Manner {
    status: u16,
    /// What is said when the payload names another type than its envelope.
    mismatch: &'static str,
    /// The reference server's name for the request.
    structure: &'static str,
    /// Its fields that are no text, with the reference server's names for their types.
    numbers: &'static [(&'static str, &'static str)],
}

const PROCESS: Manner = Manner {
    status: 403,
    mismatch: "Failed to subscribe to process, msg.msgType does not match rpcMsg.PayloadType",
    structure: "SubscribeProcessMsg",
    numbers: &[("state", "int"), ("timeout", "int")],
};

const PROCESSES: Manner = Manner {
    status: 403,
    mismatch: "Failed to subscribe to processes, msg.msgType does not match rpcMsg.PayloadType",
    structure: "SubscribeProcessesMsg",
    numbers: &[("state", "int"), ("timeout", "int")],
};

const CHANNEL: Manner = Manner {
    status: 400,
    mismatch: "Failed to subscribe to channel, msg.MsgType does not match rpcMsg.PayloadType",
    structure: "SubscribeChannelMsg",
    numbers: &[("afterseq", "int64"), ("timeout", "int")],
};

/// Reads a frame that came over `/pubsub`.
pub(crate) fn read_frame(frame: &[u8]) -> Frame {
    let Ok(envelope) = read_envelope(frame) else { return Frame::Unreadable };
    let Ok(signer) = recover(&envelope) else { return Frame::Unreadable };
    let follow = match envelope.payloadtype.as_str() {
        SubscribeProcess::TYPE => match decode(&envelope) {
            // Here alone a payload that is no JSON is met with silence.
            Err(Wrong::Json) => return Frame::Ignored,
            read => read.map(Follow::Process).map_err(|wrong| PROCESS.refuse(&wrong, &envelope)),
        },
        SubscribeProcesses::TYPE => PROCESSES.read(&envelope).map(Follow::Processes),
        SubscribeChannel::TYPE => CHANNEL.read(&envelope).map(Follow::Channel),
        _ => return Frame::Ignored,
    };
    match follow {
        Ok(follow) => Frame::Follow(signer, Box::new(follow)),
        Err(refusal) => Frame::Refused(refusal),
    }
}

impl Manner {
    fn read<R: Request + DeserializeOwned>(&self, envelope: &Envelope) -> Result<R, Refusal> {
        decode(envelope).map_err(|wrong| self.refuse(&wrong, envelope))
    }

    fn refuse(&self, wrong: &Wrong, envelope: &Envelope) -> Refusal {
        let sentence = match wrong {
            Wrong::Type => self.mismatch.to_owned(),
            Wrong::Nul => return nul(),
            Wrong::Json => self.complain(&String::from_utf8_lossy(&envelope.payload_bytes())),
        };
        Refusal::new(self.status, sentence)
    }

    /// The words of the reference server's decoder for a payload it cannot read.
    fn complain(&self, payload: &str) -> String {
        let structure = self.structure;
        match serde_json::from_str(payload) {
            Err(error) => decoder_text(payload, &error),
            Ok(Value::Object(fields)) => self.complain_of_field(&fields),
            Ok(value) => {
                let kind = kind_name(&value);
                format!("json: cannot unmarshal {kind} into Go value of type rpc.{structure}")
            }
        }
    }

    fn complain_of_field(&self, fields: &Map<String, Value>) -> String {
        let mut complaints = fields.iter().filter_map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            let number = self.numbers.iter().find(|(number, _)| *number == name);
            let kind = match (value, number) {
                (Value::Null, _) | (Value::String(_), None) => return None,
                (Value::Number(number), Some(_)) if number.is_i64() => return None,
                (Value::Number(number), Some(_)) => format!("number {number}"),
                _ => kind_name(value).to_owned(),
            };
            let target = number.map_or("string", |(_, kind)| *kind);
            let field = format!("Go struct field {}.{name} of type {target}", self.structure);
            Some(format!("json: cannot unmarshal {kind} into {field}"))
        });
        complaints.next().unwrap_or_default()
    }
}
