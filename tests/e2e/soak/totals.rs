//! What a page tells of the processes that its slots have done, from the first measure on: no page is
//! loaded again after it. Held against the broker process by process.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use webpool_colony::{Process, ProcessState};

use crate::harness::Attributes;
use crate::lane::Lane;
use crate::trouble::TAKE_WORDS;

/// How workers say that the server has accepted a result.
const SUCCEEDED: &str = "Succeeded";
const FAILED: &str = "Failed";

/// An executor that is ended hears nothing of results that are on their way then, and one whose
/// connection is silent gives up after 45 s: so far from the end of such a process it ends at most.
const AWAY: Duration = Duration::from_mins(1);

/// How many processes succeeded and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) succeeded: u32,
    pub(crate) failed: u32,
}

impl Totals {
    fn of(told: &Attributes) -> Result<Self> {
        let count = |name: &str| told.get(name).parse().with_context(|| format!("{name}: {told}"));
        Ok(Self { succeeded: count("succeeded")?, failed: count("failed")? })
    }
}

/// What an executor worker said to its page, and when it was ended.
#[derive(Debug, Deserialize)]
enum Word {
    Closed { process: String, end: String, at_ms: f64 },
    Gone { executor: String, at_ms: f64, last: String },
}

/// What one page has told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// At first, and how many processes had ended by then.
    first: Cell<Option<(usize, Totals)>>,
    last: Cell<Totals>,
    /// Of each process, what its executors said, and when.
    ends: RefCell<BTreeMap<String, Vec<(String, Duration)>>>,
    /// When an executor was ended, since 1970, and its last word.
    gone: RefCell<BTreeMap<String, (Duration, String)>>,
    /// How long after its end that of each process was told, the shortest first.
    delays: RefCell<Vec<Duration>>,
    /// The processes whose end was not told as it is.
    silent: RefCell<Vec<Silence>>,
}

/// A process whose end was not told as it is.
#[derive(Debug)]
struct Silence {
    /// Whether its executor ended before it could.
    is_explained: bool,
    text: String,
}

impl Told {
    /// Reads what a page tells after a look at each of its slots, and checks that these tell the same,
    /// and what its workers have said.
    pub(crate) async fn read(&self, lane: &Lane<'_>) -> Result<()> {
        let pool = Totals::of(&lane.page.pool().await?)?;
        let mut slots = Totals::default();
        for slot in lane.page.slots().await? {
            let Totals { succeeded, failed } = Totals::of(&slot)?;
            slots.succeeded += succeeded;
            slots.failed += failed;
        }
        ensure!(pool == slots, "over {} the pool tells {pool:?}, its slots {slots:?}", lane.way);
        let words = lane.page.script(TAKE_WORDS, &[]).await?;
        let words: Vec<Word> = serde_json::from_value(words).context("words of workers")?;
        self.last.set(pool);
        if self.first.get().is_none() {
            self.first.set(Some((lane.count(), pool)));
            return Ok(());
        }
        for word in words {
            self.keep(word);
        }
        let said = Totals { succeeded: self.said(SUCCEEDED), failed: self.said(FAILED) };
        let told = self.since();
        ensure!(
            told == said,
            "over {} the pool tells {told:?}, its workers said {said:?}",
            lane.way
        );
        Ok(())
    }

    fn keep(&self, word: Word) {
        match word {
            Word::Closed { process, end, at_ms } => {
                self.ends.borrow_mut().entry(process).or_default().push((end, since_1970(at_ms)));
            }
            Word::Gone { executor, at_ms, last } => {
                self.gone.borrow_mut().insert(executor, (since_1970(at_ms), last));
            }
        }
    }

    /// How many processes ended so, as the workers said.
    fn said(&self, wanted: &str) -> u32 {
        let ends = self.ends.borrow();
        let all = ends.values().flatten().filter(|(end, _)| *end == wanted);
        all.fold(0, |sum, _| sum + 1)
    }

    /// What the page has told since the first time.
    pub(crate) fn since(&self) -> Totals {
        let (_, first) = self.first.get().unwrap_or_default();
        let last = self.last.get();
        Totals {
            succeeded: last.succeeded.saturating_sub(first.succeeded),
            failed: last.failed.saturating_sub(first.failed),
        }
    }

    /// Holds what was said of each process given since the first time against how it has ended.
    pub(crate) fn compare(&self, processes: &[Process]) {
        let (count, _) = self.first.get().unwrap_or_default();
        let (mut delays, mut silent) = (Vec::new(), Vec::new());
        for process in processes.iter().skip(count) {
            match self.look_at(process) {
                Some(Ok(delay)) => delays.push(delay),
                Some(Err(silence)) => silent.push(silence),
                None => {}
            }
        }
        delays.sort_unstable();
        self.delays.replace(delays);
        self.silent.replace(silent);
    }

    /// How long after its end that of a process was told, or what is to be said if it was not, or not
    /// once; none if there is nothing to tell.
    fn look_at(&self, process: &Process) -> Option<Result<Duration, Silence>> {
        let wanted = match process.state()? {
            ProcessState::Success => SUCCEEDED,
            ProcessState::Failed => FAILED,
            ProcessState::Cancelled | ProcessState::Waiting | ProcessState::Running => return None,
        };
        let end = process.endtime.since_unix()?;
        let ends = self.ends.borrow();
        let ends = ends.get(&process.processid).map(Vec::as_slice).unwrap_or_default();
        let mut told = ends.iter().filter(|(said, _)| said == wanted);
        if let (Some((_, at)), None) = (told.next(), told.next()) {
            return Some(Ok(at.saturating_sub(end)));
        }
        let gone = self.gone.borrow();
        let gone = gone.get(process.assignedexecutorid.as_str());
        let apart = gone.map(|(at, _)| at.abs_diff(end));
        let is_explained = ends.len() <= 1 && apart.is_some_and(|apart| apart <= AWAY);
        let said: Vec<&str> = ends.iter().map(|(said, _)| said.as_str()).collect();
        let (id, function) = (&process.processid, &process.spec.funcname);
        let executor = match (gone, apart) {
            (Some((_, last)), Some(apart)) => format!("ended {apart:.1?} from that: {last}"),
            _ => "is still there".to_owned(),
        };
        let text =
            format!("{function} of process {id} {wanted}; said: {said:?}; its executor {executor}");
        Some(Err(Silence { is_explained, text }))
    }

    /// How long after their ends those of processes were told: half of them, 99 of 100, all.
    pub(crate) fn delays(&self) -> [Duration; 3] {
        let delays = self.delays.borrow();
        [50, 99, 100].map(|percent| {
            let index = (delays.len() * percent / 100).min(delays.len().saturating_sub(1));
            delays.get(index).copied().unwrap_or_default()
        })
    }

    /// What the page was not told, a line each.
    pub(crate) fn untold(&self) -> Vec<String> {
        self.silent.borrow().iter().map(|silence| silence.text.clone()).collect()
    }

    /// Judges it: the end of each process is told once, except by executors that ended themselves
    /// before the answer to their result came.
    pub(crate) fn judge(&self, lane: &Lane<'_>) -> Result<()> {
        let silent = self.silent.borrow();
        let unexplained = silent.iter().find(|silence| !silence.is_explained);
        ensure!(unexplained.is_none(), "over {} not told: {unexplained:?}", lane.way);
        Ok(())
    }
}

/// The time since 1970 that a page has in ms.
fn since_1970(at_ms: f64) -> Duration {
    Duration::from_secs_f64(at_ms.max(0.0) / 1000.0)
}
