//! Reads a request: everything that can be said about it without looking at the broker's state.
//!
//! The order is the protocol's: the body's JSON, then the two requests that need no signature, then
//! the signer, then the kind of request, then the payload's JSON and its `msgtype`. The texts are
//! those of the reference server's decoder, for the mistakes that clients make. Frames that come over
//! a WebSocket are read in [`frames`].

mod frames;

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::{Map, Value};
use webpool_colony::request::{self, Request};
use webpool_colony::{Envelope, Id};

use crate::error::Refusal;
use crate::shape::{Flaw, fold, shape};
use crate::surrogates::replace_lone;

pub(crate) use frames::{Follow, Frame, read_frame};

/// The type of the reply to a question about a pause, the one reply that has a type of its own.
pub(crate) const PAUSE_STATUS: &str = "pausestatusreplymsg";

/// What a body or a frame asks for.
#[derive(Debug)]
pub(crate) enum Intake {
    /// The version, which anybody may know.
    Version,
    /// Where the server listens and since when, which anybody may know.
    ServerInfo,
    /// A request of whoever signed it.
    Signed(Id, Asked),
}

macro_rules! asked {
    ($( $name:ident $prefix:literal )*) => {
        /// A request that was read; one variant a kind.
        #[derive(Debug)]
        #[expect(dead_code, reason = "requests without fields are only told apart")]
        pub(crate) enum Asked {
            $( $name(Box<request::$name>), )*
        }

        impl Asked {
            /// The name on the wire.
            pub(crate) fn payloadtype(&self) -> &'static str {
                match self {
                    $( Self::$name(_) => <request::$name as Request>::TYPE, )*
                }
            }

            /// The type of its reply.
            pub(crate) fn replytype(&self) -> &'static str {
                let is_question = matches!(self, Self::GetPauseStatus(_));
                if is_question { PAUSE_STATUS } else { self.payloadtype() }
            }

            fn read(envelope: &Envelope) -> Result<Self, Refusal> {
                match envelope.payloadtype.as_str() {
                    $( <request::$name as Request>::TYPE => {
                        read_payload(envelope, $prefix).map(|request| Self::$name(Box::new(request)))
                    } )*
                    unknown => Err(unknown_type(unknown)),
                }
            }
        }
    };
}

asked! {
    GetStatistics "Failed to get statistics"
    AddColony "Failed to add colony"
    RemoveColony "Failed to remove colony"
    GetColonies "Failed to get colonies"
    GetColony "Failed to get colony"
    GetColonyStats "Failed to get colony statistics"
    AddUser "Failed to add user"
    GetUsers "Failed to get users"
    GetUser "Failed to get user"
    GetUserById "Failed to get user by ID"
    RemoveUser "Failed to remove user"
    AddExecutor "Failed to add executor"
    ApproveExecutor "Failed to approve executor"
    RejectExecutor "Failed to reject executor"
    RemoveExecutor "Failed to remove executor"
    GetExecutor "Failed to get executor"
    GetExecutorById "Failed to get executor by ID"
    GetExecutors "Failed to get executors"
    UpdateExecutor "Failed to update executor"
    ReportAllocation "Failed to report allocation"
    AddFunction "Failed to add function"
    GetFunctions "Failed to get function"
    RemoveFunction "Failed to remove function"
    Submit "Failed to submit process"
    Assign "Failed to assign process"
    GetProcess "Failed to get process"
    GetProcesses "Failed to get processes"
    GetProcessHist "Failed to get process hist"
    RemoveProcess "Failed to remove process"
    RemoveAllProcesses "Failed to remove all processes"
    SetOutput "Failed to set output"
    CloseSuccessful "Failed to close successful"
    CloseFailed "Failed to close failed"
    CancelProcess "Failed to cancel process"
    SubmitWorkflow "Failed to submit workkflow"
    GetProcessGraph "Failed to get processgraph"
    GetProcessGraphs "Failed to get processgraphs"
    RemoveProcessGraph "Failed to remove processgraph"
    RemoveAllProcessGraphs "Failed to remove all processgraphs"
    CancelProcessGraph "Failed to cancel processgraph"
    AddChild "Failed to add child to processgraph"
    PauseAssignments "Failed to pause assignments"
    ResumeAssignments "Failed to resume assignments"
    GetPauseStatus "Failed to get pause status"
    AddBlueprintDefinition "Failed to add blueprint definition"
    GetBlueprintDefinition "Failed to get blueprint definition"
    GetBlueprintDefinitions "Failed to get blueprint definitions"
    RemoveBlueprintDefinition "Failed to remove blueprint definition"
    AddBlueprint "Failed to add blueprint"
    GetBlueprint "Failed to get blueprint"
    GetBlueprints "Failed to get blueprints"
    UpdateBlueprint "Failed to update blueprint"
    UpdateBlueprintStatus "Failed to update blueprint status"
    RemoveBlueprint "Failed to remove blueprint"
    ReconcileBlueprint "Failed to reconcile blueprint"
    AddAttribute "Failed to add attribute"
    GetAttribute "Failed to get attribute"
    AddLog "Failed to add log"
    AddExecutorLog "Failed to add executor log"
    GetLogs "Failed to get logs"
    ChannelAppend "Failed to append to channel"
    ChannelRead "Failed to read from channel"
    SearchLogs "Failed to search logs"
}

/// Reads the body of a `POST /api`.
pub(crate) fn read(body: &[u8]) -> Result<Intake, Refusal> {
    let envelope = read_envelope(body)?;
    match envelope.payloadtype.as_str() {
        request::Version::TYPE => {
            read_payload::<request::Version>(&envelope, "Failed to get server version")?;
            Ok(Intake::Version)
        }
        "getserverinfomsg" => Ok(Intake::ServerInfo),
        _ => {
            let signer = recover(&envelope)?;
            Ok(Intake::Signed(signer, Asked::read(&envelope)?))
        }
    }
}

fn recover(envelope: &Envelope) -> Result<Id, Refusal> {
    envelope.signer().map_err(|error| Refusal::forbidden(error.to_string()))
}

fn unknown_type(payloadtype: &str) -> Refusal {
    let name = match payloadtype {
        "" => {
            "empty (this usually means the client is misconfigured - check that COLONIES_PRVKEY \
             and other environment variables are set correctly)"
        }
        name => name,
    };
    Refusal::forbidden(format!("invalid rpcMsg.PayloadType: {name}"))
}

fn read_envelope(body: &[u8]) -> Result<Envelope, Refusal> {
    let text = String::from_utf8_lossy(body);
    let value: Value = serde_json::from_str(&replace_lone(&text))
        .map_err(|error| Refusal::bad(decoder_text(&text, &error)))?;
    let wrong = |kind: &str, target: &str| {
        Refusal::bad(format!("json: cannot unmarshal {kind} into Go {target}"))
    };
    let Value::Object(fields) = value else {
        return Err(wrong(kind_name(&value), "value of type rpc.RPCMsg"));
    };
    let mut envelope = Envelope::default();
    for (name, value) in fields {
        let name = name.to_ascii_lowercase();
        let field = match name.as_str() {
            "payloadtype" => &mut envelope.payloadtype,
            "payload" => &mut envelope.payload,
            "signature" => &mut envelope.signature,
            _ => continue,
        };
        match value {
            Value::String(text) => *field = text,
            Value::Null => {}
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                let target = format!("struct field RPCMsg.{name} of type string");
                return Err(wrong(kind_name(&value), &target));
            }
        }
    }
    Ok(envelope)
}

fn kind_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The reference server's words for JSON that cannot be read.
fn decoder_text(text: &str, error: &serde_json::Error) -> String {
    if error.classify() == Category::Eof {
        return "unexpected end of JSON input".to_owned();
    }
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let before = line.as_bytes().get(..error.column().saturating_sub(1)).unwrap_or_default();
    let rest = line.get(before.len()..).unwrap_or_default();
    let character = rest.chars().next().unwrap_or('\n');
    let reason = error.to_string();
    let expected = [
        ("trailing characters", "after top-level value"),
        ("key must be a string", "looking for beginning of object key string"),
        ("expected `:`", "after object key"),
        ("expected `,` or `}`", "after object key:value pair"),
        ("expected `,` or `]`", "after array element"),
        ("control character", "in string literal"),
        ("invalid escape", "in string escape code"),
    ];
    let found = expected.iter().find(|(ours, _)| reason.starts_with(ours));
    let place = found.map_or("looking for beginning of value", |(_, theirs)| theirs);
    format!("invalid character '{character}' {place}")
}

/// Why a payload cannot be read.
enum Wrong {
    /// It is no JSON, or of another shape.
    Json,
    /// It holds the character NUL.
    Nul,
    /// It names another type than its envelope.
    Type,
}

fn read_payload<R: Request + DeserializeOwned>(
    envelope: &Envelope,
    prefix: &str,
) -> Result<R, Refusal> {
    decode(envelope).map_err(|wrong| match wrong {
        Wrong::Json => Refusal::bad(format!("{prefix}, invalid JSON")),
        Wrong::Nul => nul(),
        Wrong::Type => mismatch(R::TYPE, prefix),
    })
}

fn nul() -> Refusal {
    Refusal::bad("pq: invalid byte sequence for encoding \"UTF8\": 0x00")
}

fn decode<R: Request + DeserializeOwned>(envelope: &Envelope) -> Result<R, Wrong> {
    let fields = read_fields(envelope).map_err(|flaw| match flaw {
        Flaw::Type => Wrong::Json,
        Flaw::Nul => Wrong::Nul,
    })?;
    let msgtype = fields.get("msgtype").and_then(Value::as_str).unwrap_or_default().to_owned();
    let request = serde_json::from_value(Value::Object(fields)).map_err(|_| Wrong::Json)?;
    if msgtype == envelope.payloadtype { Ok(request) } else { Err(Wrong::Type) }
}

fn read_fields(envelope: &Envelope) -> Result<Map<String, Value>, Flaw> {
    let bytes = envelope.payload_bytes();
    let text = String::from_utf8_lossy(&bytes);
    let mut payload: Value = serde_json::from_str(&replace_lone(&text)).map_err(|_| Flaw::Type)?;
    fold(&envelope.payloadtype, &mut payload)?;
    let Value::Object(mut fields) = payload else { return Err(Flaw::Type) };
    if fields.get("msgtype").is_some_and(|msgtype| !msgtype.is_string() && !msgtype.is_null()) {
        return Err(Flaw::Type);
    }
    shape(&envelope.payloadtype, &mut fields)?;
    Ok(fields)
}

/// The reference server's words for a payload that names another type than its envelope.
fn mismatch(payloadtype: &str, prefix: &str) -> Refusal {
    let (prefix, field) = match payloadtype {
        request::GetStatistics::TYPE => ("Failed to get server version", "MsgType"),
        request::Submit::TYPE => ("Failed to submit process spec", "MsgType"),
        request::SubmitWorkflow::TYPE => ("Failed to submit workflow", "MsgType"),
        request::Assign::TYPE => (prefix, "msgType"),
        request::GetProcessHist::TYPE => ("Failed to get process history", "MsgType"),
        request::CloseSuccessful::TYPE => ("Failed to close process as successful", "MsgType"),
        request::CloseFailed::TYPE => ("Failed to close process as failed", "MsgType"),
        request::SearchLogs::TYPE => ("Failed to get logs", "MsgType"),
        _ => (prefix, "MsgType"),
    };
    Refusal::bad(format!("{prefix}, msg.{field} does not match payloadType"))
}

#[cfg(test)]
mod tests;
