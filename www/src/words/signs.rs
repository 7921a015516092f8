//! Signs, colours and short phrases that stand for a state.

use webpool::snapshot::{PoolState, SlotState};
use webpool_wire::Level;

/// The state of the pool in one short phrase, for the header and for screen readers.
pub fn pool_brief(state: PoolState) -> &'static str {
    match state {
        PoolState::Stopped => "not running",
        PoolState::Starting => "joining",
        PoolState::Running => "connected",
        PoolState::Paused => "paused",
        PoolState::Finishing => "finishing",
        PoolState::Offline => "offline",
        PoolState::Failed => "failed",
    }
}

/// The sign that stands for a pool's state, beside the words.
pub fn pool_glyph(state: PoolState) -> &'static str {
    match state {
        PoolState::Stopped => "○",
        PoolState::Starting => "◌",
        PoolState::Running | PoolState::Finishing => "●",
        PoolState::Paused => "‖",
        PoolState::Offline => "△",
        PoolState::Failed => "✕",
    }
}

/// The colour that goes with a pool's state: a name of `style.css`.
pub fn pool_tone(state: PoolState) -> &'static str {
    match state {
        PoolState::Stopped | PoolState::Starting | PoolState::Paused => "wait",
        PoolState::Running | PoolState::Finishing => "act",
        PoolState::Offline => "warn",
        PoolState::Failed => "bad",
    }
}

/// The colour that goes with a slot's state: a name of `style.css`.
pub fn slot_tone(state: SlotState) -> &'static str {
    match state {
        SlotState::Starting
        | SlotState::Joining
        | SlotState::Idle
        | SlotState::Paused
        | SlotState::Stopped => "wait",
        SlotState::Running | SlotState::Finishing => "act",
        SlotState::Offline => "warn",
        SlotState::Failed => "bad",
    }
}

/// The sign that stands for a slot's state, beside the words.
pub fn slot_glyph(state: SlotState) -> &'static str {
    match state {
        SlotState::Starting | SlotState::Joining => "◌",
        SlotState::Idle => "○",
        SlotState::Running => "▶\u{fe0e}",
        SlotState::Paused => "‖",
        SlotState::Offline => "△",
        SlotState::Finishing => "▷",
        SlotState::Stopped => "■",
        SlotState::Failed => "✕",
    }
}

/// How much a line of the log matters: a sign and a word.
pub fn level(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Info => ("·", "note"),
        Level::Warning => ("△", "warning"),
        Level::Error => ("✕", "error"),
    }
}
