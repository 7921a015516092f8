//! What the page says about a submission, and what a submission put out.

use webpool_wire::CallState;

/// Says where a submission stands; `ready` is how many workers of this page have joined.
pub fn call(state: Option<&CallState>, executor_type: &str, ready: u32) -> String {
    match state {
        None => "Submitting: asking the server to take it.".to_owned(),
        Some(CallState::Waiting) if ready == 0 => format!(
            "Waiting: no worker of type {executor_type} runs on this page, and nobody else has \
             taken it. Start some workers, or wait for somebody else's."
        ),
        Some(CallState::Waiting) => {
            "Waiting: the colony has it, and the next free worker takes it.".to_owned()
        }
        Some(CallState::Running) => "Running.".to_owned(),
        Some(CallState::Success { .. }) => "Done.".to_owned(),
        Some(CallState::Failed { .. }) => "Failed. What was said about it:".to_owned(),
        Some(CallState::Cancelled) => "Cancelled. Nothing was put out.".to_owned(),
        Some(CallState::Refused { .. }) => "Not accepted. What was said about it:".to_owned(),
    }
}

/// Whether a submission has come to its end.
pub fn is_closed(state: Option<&CallState>) -> bool {
    match state {
        None | Some(CallState::Waiting | CallState::Running) => false,
        Some(
            CallState::Success { .. }
            | CallState::Failed { .. }
            | CallState::Cancelled
            | CallState::Refused { .. },
        ) => true,
    }
}

/// The word for a submission's state in the automation contract.
pub fn call_word(state: Option<&CallState>) -> &'static str {
    match state {
        None | Some(CallState::Waiting) => "waiting",
        Some(CallState::Running) => "running",
        Some(CallState::Success { .. }) => "success",
        Some(CallState::Failed { .. } | CallState::Refused { .. }) => "failed",
        Some(CallState::Cancelled) => "cancelled",
    }
}

/// What a submission put out, or what was said about its failure, one a line.
pub fn call_text(state: Option<&CallState>) -> String {
    match state {
        None | Some(CallState::Waiting | CallState::Running | CallState::Cancelled) => {
            String::new()
        }
        Some(CallState::Success { output, .. }) => output.join("\n"),
        Some(CallState::Failed { errors }) => errors.join("\n"),
        Some(CallState::Refused { reason }) => reason.clone(),
    }
}
