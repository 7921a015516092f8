//! Every event in every state that matters: table tests against a pool with a hand-moved clock.
//!
//! - `life`: start to stop, crashes, the end of workers
//! - `renewal`: a function that only another build of the page has
//! - `sizes`: resize, pause, permits, the page's coming and going
//! - `calls`: submissions
//! - `watch`: workers that say nothing any more

mod calls;
mod life;
mod renewal;
mod sizes;
mod watch;

use webpool_wire::{Activity, Call, CallState, Farewell, FromExecutor, Reload, Trouble};

use super::*;
use crate::snapshot::{SlotState, Snapshot};

/// A pool with a clock, and what it wanted done last.
struct Bench {
    pool: Pool,
    now_ms: f64,
    commands: Vec<Command>,
}

fn settings(workers: u32) -> Settings {
    Settings {
        server_url: "http://localhost:50080".to_owned(),
        colony: "dev".to_owned(),
        executor_name: "web".to_owned(),
        executor_type: "wasm".to_owned(),
        colony_key: Secret::new("ab".repeat(32)),
        pass: None,
        workers,
        reload: Reload::Never,
        stale_after_s: None,
    }
}

fn slot(number: u32, generation: u32) -> WorkerId {
    WorkerId { seat: Seat::Slot(number), generation }
}

fn entrusted(id: WorkerId) -> Command {
    Command::Entrust(id, farewell(id))
}

fn farewell(id: WorkerId) -> Farewell {
    Farewell { url: "http://localhost:50080/api".to_owned(), body: format!("bye {id:?}") }
}

fn joined(id: WorkerId) -> FromExecutor {
    FromExecutor::Joined { id: "cd".repeat(32), name: format!("web-{}", id.generation) }
}

fn running(process_id: &str) -> FromExecutor {
    FromExecutor::Activity(Activity::Running {
        process_id: process_id.to_owned(),
        function: "add".to_owned(),
        deadline_in_ms: None,
    })
}

fn offline() -> FromExecutor {
    let reason = "Failed to fetch".to_owned();
    FromExecutor::Activity(Activity::Offline { reason, retry_in_ms: 500.0 })
}

fn idle() -> FromExecutor {
    FromExecutor::Activity(Activity::Idle)
}

fn stopped() -> FromExecutor {
    FromExecutor::Activity(Activity::Stopped)
}

impl Bench {
    fn new() -> Self {
        Self { pool: Pool::new(Device::default()), now_ms: 1_000.0, commands: Vec::new() }
    }

    /// A pool whose workers have been spawned: generations 1 to `workers`.
    fn started(workers: u32) -> Self {
        let mut bench = Self::new();
        bench.tell(Event::Start(settings(workers)));
        bench.tell(Event::ModulesLoaded);
        bench
    }

    /// A pool whose workers have joined and are idle.
    fn idle(workers: u32) -> Self {
        let mut bench = Self::started(workers);
        for number in 0..workers {
            bench.join(slot(number, number + 1));
        }
        bench
    }

    fn join(&mut self, id: WorkerId) {
        self.tell(Event::Ready(id));
        self.say(id, joined(id));
        self.say(id, idle());
    }

    fn tell(&mut self, event: Event) -> &[Command] {
        let at = Moment { now_ms: self.now_ms, random: 1.0 };
        self.commands = self.pool.handle(at, event);
        let published = self.commands.pop();
        assert_eq!(published, Some(Command::Publish));
        &self.commands
    }

    fn say(&mut self, id: WorkerId, message: FromExecutor) -> &[Command] {
        if matches!(message, FromExecutor::Joined { .. }) {
            self.tell(Event::Said(id, FromExecutor::Farewell(farewell(id))));
        }
        self.tell(Event::Said(id, message))
    }

    /// Lets time pass and the alarm ring.
    fn pass(&mut self, ms: f64) -> &[Command] {
        self.now_ms += ms;
        self.tell(Event::TimerDue)
    }

    fn snapshot(&self) -> Snapshot {
        self.pool.to_snapshot(self.now_ms)
    }

    fn state(&self) -> PoolState {
        self.snapshot().state
    }

    fn slot_states(&self) -> Vec<SlotState> {
        self.snapshot().slots.iter().map(|slot| slot.state).collect()
    }

    fn has_logged(&self, part: &str) -> bool {
        self.snapshot().log.iter().any(|entry| entry.text.contains(part))
    }
}
