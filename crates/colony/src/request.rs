//! One struct a request, with the name it has on the wire and the type of its result.
//!
//! The same structs are written by clients and read by the embedded broker, so every field has a
//! zero value when missing, as with the reference server; what a request cannot do without is an
//! `Option`. Time-outs are whole seconds.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::blueprint::{Blueprint, BlueprintDefinition};
use crate::channel::{Bytes, ChannelEntry};
use crate::envelope::Envelope;
use crate::error::Error;
use crate::graph::{ProcessGraph, WorkflowSpec};
use crate::json::Json;
use crate::key::{Id, PrivateKey};
use crate::process::{FunctionSpec, Process};
use crate::reply::{self, Done};
use crate::types::{
    Attribute, Colony, Executor, Function, Log, PauseStatus, Statistics, User, nullable,
};

/// `availablecpu` that matches no process at all: such an assign only shows signs of life.
pub const NO_CPU: &str = "-9223372036854775808m";

/// A request of the protocol.
pub trait Request: Serialize {
    /// Its name: the envelope's `payloadtype` and the payload's `msgtype`.
    const TYPE: &'static str;

    /// What a success brings.
    type Reply: DeserializeOwned;

    /// The payload: the request's JSON with its `msgtype`.
    fn to_payload(&self) -> String {
        let mut json = serde_json::to_string(self).unwrap_or_default();
        json.pop();
        let comma = if json.len() > 1 { "," } else { "" };
        json + comma + "\"msgtype\":\"" + Self::TYPE + "\"}"
    }

    /// Signs this request; the result is the body of an HTTP request.
    fn seal(&self, key: &PrivateKey) -> String {
        Envelope::sign(Self::TYPE, &self.to_payload(), key).to_body()
    }

    /// Reads the reply to this request.
    ///
    /// # Errors
    ///
    /// As [`reply::read`].
    fn read(status: u16, body: &[u8]) -> Result<Self::Reply, Error> {
        reply::read(status, body)
    }
}

macro_rules! requests {
    ($( $(#[$doc:meta])* $name:ident $type:literal -> $reply:ty { $( $field:ident : $kind:ty ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Default, Deserialize, Serialize)]
            #[serde(default)]
            pub struct $name {
                $(
                    #[doc = concat!("The protocol's `", stringify!($field), "`.")]
                    #[serde(deserialize_with = "nullable")]
                    pub $field: $kind,
                )*
            }

            impl Request for $name {
                const TYPE: &'static str = $type;
                type Reply = $reply;
            }
        )*
    };
}

requests! {
    /// Says the server's version; needs no signature.
    Version "versionmsg" -> Json {}
    /// Counts everything on the server; for the server's owner.
    GetStatistics "getstatisticsmsg" -> Statistics {}
    /// Makes a colony; for the server's owner.
    AddColony "addcolonymsg" -> Colony { colony: Option<Colony> }
    /// Deletes a colony with all it holds; for the server's owner.
    RemoveColony "removecolonymsg" -> Done { colonyname: String }
    /// Lists the colonies; for the server's owner.
    GetColonies "getcoloniesmsg" -> Option<Vec<Colony>> {}
    /// Reads a colony; for its members.
    GetColony "getcolonymsg" -> Colony { colonyname: String }
    /// Counts everything in a colony; for its members.
    GetColonyStats "getcolonystatsmsg" -> Statistics { colonyname: String }

    /// Adds a user; for the colony's owner.
    AddUser "addusermsg" -> User { user: Option<User> }
    /// Lists the users of a colony.
    GetUsers "getusersmsg" -> Option<Vec<User>> { colonyname: String }
    /// Reads a user by name.
    GetUser "getusermsg" -> User { colonyname: String, name: String }
    /// Reads a user by id.
    GetUserById "getuserbyidmsg" -> User { colonyname: String, userid: Id }
    /// Removes a user; for the colony's owner.
    RemoveUser "removeusermsg" -> Done { colonyname: String, name: String }

    /// Adds an executor, pending; for the colony's owner.
    AddExecutor "addexecutormsg" -> Executor { executor: Option<Executor> }
    /// Lets an executor work; for the colony's owner.
    ApproveExecutor "approveexecutormsg" -> Done { colonyname: String, executorname: String }
    /// Forbids an executor to work; for the colony's owner.
    RejectExecutor "rejectexecutormsg" -> Done { colonyname: String, executorname: String }
    /// Takes an executor off; its running processes wait again. For the colony's owner.
    RemoveExecutor "removeexecutormsg" -> Done { colonyname: String, executorname: String }
    /// Reads an executor by name.
    GetExecutor "getexecutormsg" -> Executor { colonyname: String, executorname: String }
    /// Reads an executor by id.
    GetExecutorById "getexecutorbyidmsg" -> Executor { colonyname: String, executorid: Id }
    /// Lists the executors of a colony.
    GetExecutors "getexecutorsmsg" -> Option<Vec<Executor>> { colonyname: String }
    /// Replaces the signing executor's description of itself.
    UpdateExecutor "updateexecutormsg" -> Done { colonyname: String, executorname: String, capabilities: Json }
    /// Says what the signing executor has set aside for whom.
    ReportAllocation "reportallocationmsg" -> Done { colonyname: String, executorname: String, allocations: Json }

    /// Says that the signing executor offers a function. The field is called `fun`; the broker
    /// also reads the SDK's `function`.
    AddFunction "addfunctionmsg" -> Function { fun: Option<Function> }
    /// Lists the functions of an executor, or of the whole colony if the name is empty.
    GetFunctions "getfunctionsmsg" -> Option<Vec<Function>> { colonyname: String, executorname: String }
    /// Takes a function back.
    RemoveFunction "removefunctionmsg" -> Done { functionid: String }

    /// Submits a process.
    Submit "submitfuncspecmsg" -> Process { spec: Option<FunctionSpec> }
    /// Asks for work: read the reply with [`reply::read_assigned`]. `timeout` in s; below 0 answers
    /// at once, 0 is refused.
    Assign "assignprocessmsg" -> Process {
        colonyname: String, timeout: i64, availablecpu: String, availablemem: String,
    }
    /// Reads a process.
    GetProcess "getprocessmsg" -> Process { processid: String }
    /// Lists processes in one state; at most 100, one filter.
    GetProcesses "getprocessesmsg" -> Option<Vec<Process>> {
        colonyname: String, count: i64, state: i64, executortype: String, label: String,
        initiator: String,
    }
    /// Lists processes submitted within the last `seconds`.
    GetProcessHist "getprocesshistmsg" -> Option<Vec<Process>> {
        colonyname: String, executorid: Id, seconds: i64, state: i64,
    }
    /// Deletes a process that does not run.
    RemoveProcess "removeprocessmsg" -> Done { processid: String }
    /// Deletes all processes in one state (-1: all); for the colony's owner.
    RemoveAllProcesses "removeallprocessesmsg" -> Done { colonyname: String, state: i64 }
    /// Stores output of a running process.
    SetOutput "setoutputmsg" -> Done { processid: String, out: Json }
    /// Ends a process with its output (an array of strings).
    CloseSuccessful "closesuccessfulmsg" -> Done { processid: String, out: Json }
    /// Ends a process with the reasons why it failed.
    CloseFailed "closefailedmsg" -> Done { processid: String, errors: Vec<String> }
    /// Calls a process off.
    CancelProcess "cancelprocessmsg" -> Done { processid: String }

    /// Submits a workflow: all its processes at once, or none.
    SubmitWorkflow "submitworkflowspecmsg" -> ProcessGraph { spec: Option<WorkflowSpec> }
    /// Reads a workflow with its nodes and edges.
    GetProcessGraph "getprocessgraphmsg" -> ProcessGraph { processgraphid: String }
    /// Lists workflows in one state, newest first; at most 100.
    GetProcessGraphs "getprocessgraphsmsg" -> Option<Vec<ProcessGraph>> {
        colonyname: String, count: i64, state: i64,
    }
    /// Deletes a workflow that does not run, with its processes.
    RemoveProcessGraph "removeprocessgraphmsg" -> Done { processgraphid: String }
    /// Deletes all workflows in one state (-1: all); for the colony's owner.
    RemoveAllProcessGraphs "removeallprocessgraphsmsg" -> Done { colonyname: String, state: i64 }
    /// Calls a workflow off: its processes that wait or run.
    CancelProcessGraph "cancelprocessgraphmsg" -> Done { processgraphid: String }
    /// Adds a process that waits for a running one of the signing executor: beside its other
    /// children and perhaps before one more process, or (`insert`) between it and all its children.
    AddChild "addchildmsg" -> Process {
        processgraphid: String, parentprocessid: String, childprocessid: String,
        spec: Option<FunctionSpec>, insert: bool,
    }
    /// Holds back all work of a colony; for its owner.
    PauseAssignments "pauseassignmentsmsg" -> Done { colonyname: String }
    /// Hands out a colony's work again; for its owner.
    ResumeAssignments "resumeassignmentsmsg" -> Done { colonyname: String }
    /// Asks whether a colony's work is held back. The reply's type is `pausestatusreplymsg`.
    GetPauseStatus "getpausestatusmsg" -> PauseStatus { colonyname: String }

    /// Describes a kind of blueprint; for the colony's owner.
    AddBlueprintDefinition "addblueprintdefinitionmsg" -> BlueprintDefinition {
        blueprintdefinition: Option<BlueprintDefinition>,
    }
    /// Reads a definition.
    GetBlueprintDefinition "getblueprintdefinitionmsg" -> BlueprintDefinition {
        colonyname: String, name: String,
    }
    /// Lists the definitions of a colony.
    GetBlueprintDefinitions "getblueprintdefinitionsmsg" -> Vec<BlueprintDefinition> { colonyname: String }
    /// Removes a definition of which there is no blueprint; for the colony's owner.
    RemoveBlueprintDefinition "removeblueprintdefinitionmsg" -> Done { namespace: String, name: String }
    /// Adds a blueprint.
    AddBlueprint "addblueprintmsg" -> Blueprint { blueprint: Option<Blueprint> }
    /// Reads a blueprint.
    GetBlueprint "getblueprintmsg" -> Blueprint { namespace: String, name: String }
    /// Lists the blueprints of a colony, of a kind, of a kind in one place.
    GetBlueprints "getblueprintsmsg" -> Option<Vec<Blueprint>> {
        namespace: String, kind: String, locationname: String,
    }
    /// Replaces a blueprint; another `spec` is a new generation.
    UpdateBlueprint "updateblueprintmsg" -> Blueprint { blueprint: Option<Blueprint>, forcegeneration: bool }
    /// Says what has become of a blueprint.
    UpdateBlueprintStatus "updateblueprintstatusmsg" -> Done {
        colonyname: String, blueprintname: String, status: Json,
    }
    /// Removes a blueprint.
    RemoveBlueprint "removeblueprintmsg" -> Done { namespace: String, name: String }
    /// Submits the process that brings a blueprint about.
    ReconcileBlueprint "reconcileblueprintmsg" -> Process { namespace: String, name: String, force: bool }

    /// Attaches a key and a value to a running process.
    AddAttribute "addattributemsg" -> Attribute { attribute: Option<Attribute> }
    /// Reads an attribute.
    GetAttribute "getattributemsg" -> Attribute { attributeid: String }
    /// Writes a line about a running process.
    AddLog "addlogmsg" -> Done { processid: String, message: String }
    /// Writes a line about the signing executor.
    AddExecutorLog "addexecutorlogmsg" -> Done { colonyname: String, executorname: String, message: String }
    /// Reads the lines about a process or by an executor. `since` in ns since 1970.
    GetLogs "getlogsmsg" -> Option<Vec<Log>> {
        colonyname: String, processid: String, executorname: String, count: i64, since: i64,
        latest: bool,
    }
    /// Finds the lines of the last `days` that contain `text`; `%` and `_` in it are wild cards.
    SearchLogs "searchlogsmsg" -> Option<Vec<Log>> {
        colonyname: String, text: String, days: i64, count: i64,
    }

    /// Says something in a channel of a process. `payloadtype` is the sender's word for what it
    /// is, `data` if empty.
    ChannelAppend "channelappendmsg" -> Done {
        processid: String, name: String, sequence: i64, inreplyto: i64, payload: Option<Bytes>,
        payloadtype: String,
    }
    /// Reads what was said in a channel. `afterseq` is how many entries to skip, not a sequence
    /// number; a `limit` of 0 is none.
    ChannelRead "channelreadmsg" -> Vec<ChannelEntry> {
        processid: String, name: String, afterseq: i64, limit: i64,
    }

    /// Follows one process over a WebSocket: each time it is in `state`; `timeout` in s.
    SubscribeProcess "subscribeprocessmsg" -> Process {
        colonyname: String, processid: String, executortype: String, state: i64, timeout: i64,
    }
    /// Follows all processes for one type of executor over a WebSocket: each time one comes to be
    /// in `state`; `timeout` in s. The frames are those of [`SubscribeProcess`].
    SubscribeProcesses "subscribeprocessesmsg" -> Process {
        colonyname: String, executortype: String, state: i64, timeout: i64,
    }
    /// Follows a channel over a WebSocket: at once what there is after `afterseq` entries, then
    /// each new one, and an empty array after `timeout` s (0: 30 s).
    SubscribeChannel "subscribechannelmsg" -> Vec<ChannelEntry> {
        processid: String, name: String, afterseq: i64, timeout: i64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_carry_their_type() {
        assert_eq!(Version {}.to_payload(), r#"{"msgtype":"versionmsg"}"#);
        let request = GetProcess { processid: "p".to_owned() };
        assert_eq!(request.to_payload(), r#"{"processid":"p","msgtype":"getprocessmsg"}"#);
    }

    #[test]
    fn output_is_an_array_of_strings() {
        let request =
            CloseSuccessful { processid: "p".to_owned(), out: Json::from_strings(&["8"]) };
        let payload = request.to_payload();
        assert_eq!(payload, r#"{"processid":"p","out":["8"],"msgtype":"closesuccessfulmsg"}"#);
    }
}
