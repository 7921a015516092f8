//! The last minute of a slot: one block a process.
//!
//! A block begins when the worker turns to a process and ends when it turns away; how the process
//! ended may be said later, since the next one does not wait for a result to be delivered.

use std::collections::VecDeque;

use crate::snapshot::Block;
use crate::worker::Work;

/// How far the blocks reach back, in ms.
const REACH_MS: f64 = 60_000.0;
/// Most blocks kept: a lane has no room for more.
const BLOCKS: usize = 600;

/// Blocks, oldest first, each with its process; only the last may be open.
#[derive(Debug, Default)]
pub(crate) struct Past {
    blocks: VecDeque<(String, Block)>,
}

impl Past {
    /// Notes what runs now: the same as before, something else, or nothing.
    pub(crate) fn go_on(&mut self, work: Option<Work>, now_ms: f64) {
        let open = self.blocks.back().filter(|(_, block)| block.to_ms.is_none());
        if open.map(|(process_id, _)| process_id) == work.as_ref().map(|work| &work.process_id) {
            return;
        }
        self.end(now_ms);
        self.blocks.extend(work.map(to_block));
        while self.blocks.len() > BLOCKS
            || self.blocks.front().is_some_and(|it| is_over(it, now_ms))
        {
            self.blocks.pop_front();
        }
    }

    /// Notes that nothing runs any more.
    pub(crate) fn end(&mut self, now_ms: f64) {
        if let Some((_, block)) = self.blocks.back_mut() {
            block.to_ms.get_or_insert(now_ms);
        }
    }

    /// Notes whether a process failed.
    pub(crate) fn judge(&mut self, process_id: &str, is_failed: bool) {
        let mut blocks = self.blocks.iter_mut().rev();
        if let Some((_, block)) = blocks.find(|(held, _)| held == process_id) {
            block.is_failed = is_failed;
        }
    }

    /// The blocks of the last minute, oldest first.
    pub(crate) fn to_blocks(&self, now_ms: f64) -> Vec<Block> {
        let recent = self.blocks.iter().filter(|it| !is_over(it, now_ms));
        recent.map(|(_, block)| block.clone()).collect()
    }
}

fn to_block(work: Work) -> (String, Block) {
    let Work { process_id, function, since_ms, .. } = work;
    (process_id, Block { function, from_ms: since_ms, to_ms: None, is_failed: false })
}

fn is_over((_, block): &(String, Block), now_ms: f64) -> bool {
    block.to_ms.is_some_and(|to_ms| to_ms < now_ms - REACH_MS)
}
