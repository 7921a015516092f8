//! What a page's main thread did, task by task, as the browser's tracing has it.
//!
//! A task is what runs at one go. Its CPU time is what the thread computed: unlike the time that
//! passed, it does not grow when a machine has more to do than cores. A task that blocks its thread
//! without computing is therefore not noticed here.
//!
//! A test sets marks with `performance.mark(name)`: they say which thread is meant, and when.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// What is traced: the tasks of every thread, and marks.
const CATEGORIES: &str = "disabled-by-default-devtools.timeline,blink.user_timing,-*";

/// One task of a thread.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// From the first of two marks to the task's beginning.
    begun: Duration,
    /// How long the thread computed.
    pub cpu: Duration,
    /// How long that took.
    elapsed: Duration,
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { begun, cpu, elapsed } = self;
        write!(f, "{cpu:?} of computing within {elapsed:?}, {begun:?} after the mark")
    }
}

/// Everything that was traced.
#[derive(Debug)]
pub struct Trace(Vec<Value>);

impl Trace {
    /// Chromium's preferences for chromedriver, which begins to trace with the session.
    pub(crate) fn preferences() -> Value {
        json!({ "enableNetwork": false, "enablePage": false, "traceCategories": CATEGORIES })
    }

    /// Reads the entries of chromedriver's performance log.
    pub(crate) fn from_log(entries: &[Value]) -> Result<Self> {
        let mut events = Vec::new();
        for entry in entries {
            let text = entry.get("message").and_then(Value::as_str).context("an empty entry")?;
            let mut entry: Value = serde_json::from_str(text)?;
            let is_event =
                entry.pointer("/message/method") == Some(&json!("Tracing.dataCollected"));
            if let Some(event) = entry.pointer_mut("/message/params").filter(|_| is_event) {
                events.push(event.take());
            }
        }
        Ok(Self(events))
    }

    /// The tasks between two marks of one thread that began there, in any order.
    ///
    /// # Errors
    ///
    /// If a mark was not set exactly once, or no task is between the two.
    pub fn tasks(&self, from: &str, to: &str) -> Result<Vec<Task>> {
        let (begin, end) = (self.mark(from)?, self.mark(to)?);
        ensure!(thread(begin) == thread(end), "{from} and {to} are marks of two threads");
        let (begin_at, end_at) = (time(begin, "ts")?, time(end, "ts")?);
        let mut tasks = Vec::new();
        for event in self.0.iter().filter(|event| is_task(event) && thread(event) == thread(begin))
        {
            let at = time(event, "ts")?;
            if (begin_at..end_at).contains(&at) {
                let (cpu, elapsed) = (time(event, "tdur")?, time(event, "dur")?);
                tasks.push(Task { begun: at.saturating_sub(begin_at), cpu, elapsed });
            }
        }
        ensure!(!tasks.is_empty(), "no task between {from} and {to}");
        Ok(tasks)
    }

    fn mark(&self, name: &str) -> Result<&Value> {
        let is_mark = |event: &&Value| {
            event.get("name") == Some(&json!(name))
                && event.get("cat") == Some(&json!("blink.user_timing"))
        };
        let marks: Vec<&Value> = self.0.iter().filter(is_mark).collect();
        let &[mark] = marks.as_slice() else {
            anyhow::bail!("the mark {name} is there {} times", marks.len())
        };
        Ok(mark)
    }
}

fn is_task(event: &Value) -> bool {
    event.get("name") == Some(&json!("RunTask")) && event.get("ph") == Some(&json!("X"))
}

/// Process and thread.
fn thread(event: &Value) -> (Option<&Value>, Option<&Value>) {
    (event.get("pid"), event.get("tid"))
}

/// A field in µs.
fn time(event: &Value, name: &str) -> Result<Duration> {
    let time_us = event.get(name).and_then(Value::as_f64);
    let time_us = time_us.with_context(|| format!("no {name} in {event}"))?;
    Ok(Duration::try_from_secs_f64(time_us / 1e6)?)
}
