//! The compute worker: started, held to its task, started again.
//!
//! A crash while computing is the function's doing. One that comes without a call may mean that the
//! program cannot be loaded: after some in a row the place is given up. But nothing can be loaded from a
//! server that is away, and nobody may have noticed yet that it is: so the server is asked, and what
//! fails while it is out of reach does not count.

use super::{Compute, Machine, Phase, Timer, Wish, run};
use crate::clock::Now;
use crate::event::{Command, Ended, Trouble};

/// Crashes in a row, without a call, after which the compute worker is given up.
const MAX_CRASHES: u32 = 5;

impl Machine {
    /// The compute worker died: what it computed fails with its words, and a fresh one is started.
    pub(super) fn take_crash(&mut self, now: Now, text: &str) {
        self.compute = Compute::Dead;
        let computed = self.run.as_ref().and_then(run::Run::computed);
        if let Some(run) = computed.and_then(|number| self.end_run(number)) {
            self.close_failed(now, run, format!("the function crashed: {text}"));
            // the next worker may start at once
            self.crashes = 1;
            return self.restart_compute();
        }
        if self.offline.is_some() {
            return;
        }
        self.crashes += 1;
        if self.crashes >= MAX_CRASHES {
            let reason = format!("the compute worker crashed {MAX_CRASHES} times in a row: {text}");
            return self.end(Ended::Failed(Trouble::Crashed, reason));
        }
        let delay = self.recompute.next_delay();
        self.set_timer(Timer::Compute, now.mono + delay);
        self.show_life(now);
    }

    /// It is time for a fresh one; without a server it has to wait for that.
    pub(super) fn renew_compute(&mut self) {
        if self.offline.is_none() {
            self.restart_compute();
        }
    }

    /// The server can be reached again.
    pub(super) fn catch_up_compute(&mut self) {
        let is_due = self.compute == Compute::Dead && !self.timers.contains_key(&Timer::Compute);
        if is_due && self.phase == Phase::Joined {
            self.restart_compute();
        }
    }

    /// The server cannot be reached: crashes may have come from that.
    pub(super) fn forgive_crashes(&mut self) {
        if self.compute != Compute::Ready {
            self.crashes = 0;
        }
    }

    pub(super) fn restart_compute(&mut self) {
        self.compute = Compute::Starting;
        self.out.push(Command::RestartCompute);
        if self.wish == Wish::Hold {
            self.out.push(Command::HoldCompute);
        }
    }
}
