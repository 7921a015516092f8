//! Channels: what the two parties of a process say to each other. The log itself is in
//! [`crate::channels`].

use webpool_colony::request::{ChannelAppend, ChannelRead};
use webpool_colony::{ChannelEntry, Timestamp};

use super::{Context, Said, Step, done};
use crate::channels::Address;
use crate::error::Refusal;
use crate::rules;

pub(super) fn append(context: &mut Context<'_>, request: &ChannelAppend) -> Result<Step, Refusal> {
    let address = address(&request.processid, &request.name);
    require_party(context, &address, "write to")?;
    let kind = match request.payloadtype.as_str() {
        "" => "data",
        named => named,
    };
    let entry = ChannelEntry {
        sequence: request.sequence,
        inreplyto: request.inreplyto,
        timestamp: Timestamp::from_unix_ns(u64::try_from(context.now).unwrap_or_default()),
        senderid: context.signer.clone(),
        payload: request.payload.clone(),
        kind: kind.to_owned(),
    };
    let json = context.channels.append(&address, &entry, context.now)?;
    context.effects.said.push(Said { address, json });
    Ok(done())
}

pub(super) fn read(context: &Context<'_>, request: &ChannelRead) -> Result<Step, Refusal> {
    let address = address(&request.processid, &request.name);
    require_party(context, &address, "read from")?;
    Ok(Step::Reply(context.channels.read(&address, request.afterseq, request.limit)))
}

fn require_party(context: &Context<'_>, address: &Address, verb: &str) -> Result<(), Refusal> {
    let line = rules::require_line(context.store, context.channels, address)?;
    rules::require_party(context.store, &line, context.signer, verb)
}

fn address(processid: &str, name: &str) -> Address {
    Address { processid: processid.to_owned(), name: name.to_owned() }
}
