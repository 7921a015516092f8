//! The processes: calls of every function, some that fail, some that crash, some that are called off;
//! and how each has to end.

use anyhow::{Result, ensure};
use webpool_colony::{FunctionSpec, Json, Process, ProcessState};
use webpool_kernels::{HostInfo, run_native};

use crate::chance::Chance;
use crate::harness::{COLONY, text};

/// Calls that fail, each with a sentence of its own.
const REFUSED: [(&str, &str); 5] = [
    ("unheard_of", "[]"),
    ("add", r#"["five", "3"]"#),
    ("fibonacci", "[-1]"),
    ("mandelbrot", "[0, 0, 3, 65535, 65535, 100]"),
    ("echo", "[]"),
];

/// Ways in which a computation crashes, and what the reason says.
const CRASHES: [(&str, &str); 2] = [("panic", "burn was asked to panic"), ("stack", "crashed")];

/// What ends only if it is called off.
const ENDLESS: (&str, &str) = ("burn", r#"["3600000000"]"#);

/// How a process has to end.
#[derive(Clone, Debug)]
enum End {
    /// With this output.
    Output(String),
    /// With an output that begins so.
    Beginning(&'static str),
    /// Failed, for this reason.
    Reason(String),
    /// Failed, for a reason that contains this.
    Crash(&'static str),
    /// Called off.
    Cancelled,
}

/// When a process is called off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancel {
    /// Once it is there.
    Waiting,
    /// Once it was seen running.
    Running,
}

/// A process to be.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) function: &'static str,
    args: String,
    end: End,
    /// Whether it is called off.
    pub(crate) cancel: Option<Cancel>,
}

impl Work {
    /// Any.
    pub(crate) fn any(chance: &mut Chance) -> Self {
        match chance.below(100) {
            0..5 => {
                let (function, args) = chance.one_of(REFUSED).unwrap_or(("unheard_of", "[]"));
                Self::as_native(function, args.to_owned())
            }
            5 => {
                let (mode, reason) = chance.one_of(CRASHES).unwrap_or(("panic", "panic"));
                let args = format!(r#"["1", "{mode}"]"#);
                Self { function: "burn", args, end: End::Crash(reason), cancel: None }
            }
            6 | 7 => {
                let cancel = chance.one_of([Cancel::Waiting, Cancel::Running]);
                let (function, args) = ENDLESS;
                Self { function, args: args.to_owned(), end: End::Cancelled, cancel }
            }
            _ => Self::sound(chance),
        }
    }

    /// One that succeeds.
    fn sound(chance: &mut Chance) -> Self {
        let (a, b) = (chance.below(1000), chance.next());
        match chance.below(10) {
            0 => Self::as_native("echo", format!(r#"["å \"{b}\" 🦀"]"#)),
            1 => Self::as_native("add", format!("[{a}, 0.25]")),
            2 => Self::as_native("multiply", format!(r#"["{a}", "7"]"#)),
            3 => Self::as_native("greet", format!(r#"["{b}"]"#)),
            4 => Self::as_native("fibonacci", format!("[{a}]")),
            5 => Self::as_native("count_primes", format!("[{a}, 50000]")),
            6 => Self::as_native("monte_carlo_pi", format!(r#"[20000, "{b}"]"#)),
            7 => Self::as_native("mandelbrot", format!("[-0.{a}, 0.1, 3, 32, 24, 100]")),
            8 => {
                let (ms, end) = (a / 50, End::Output(format!("burned for {} ms", a / 50)));
                Self { function: "burn", args: format!("[{ms}]"), end, cancel: None }
            }
            _ => {
                let end = End::Beginning("User-Agent: Mozilla/5.0 ");
                Self { function: "browser_info", args: "[]".to_owned(), end, cancel: None }
            }
        }
    }

    /// A call that has to end as it does natively.
    fn as_native(function: &'static str, args: String) -> Self {
        let end = match run_native(function, &args, "{}", HostInfo::default()) {
            Ok(output) => End::Output(output.join("\n")),
            Err(reason) => End::Reason(reason.to_string()),
        };
        Self { function, args, end, cancel: None }
    }

    /// The call, for executors of a type.
    pub(crate) fn to_spec(&self, executor_type: &str) -> Result<FunctionSpec> {
        let (args, kwargs) = (Json::from_text(&self.args)?, Json::from_text("{}")?);
        Ok(FunctionSpec::new(self.function, COLONY, executor_type, args, kwargs))
    }

    /// The state in which it has to end.
    pub(crate) fn state(&self) -> ProcessState {
        match self.end {
            End::Output(_) | End::Beginning(_) => ProcessState::Success,
            End::Reason(_) | End::Crash(_) => ProcessState::Failed,
            End::Cancelled => ProcessState::Cancelled,
        }
    }

    /// Checks that it has ended as it has to, at the first attempt.
    pub(crate) fn check(&self, process: &Process) -> Result<()> {
        let (output, errors) = (text(&process.output), text(&process.errors));
        let seen = format!(
            "{}{}, process {}: {:?}, output «{output}», errors «{errors}»",
            self.function,
            self.args,
            process.processid,
            process.state()
        );
        ensure!(process.state() == Some(self.state()), "{seen}, instead of {:?}", self.end);
        let is_right = match &self.end {
            End::Output(wanted) => output == *wanted && errors.is_empty(),
            End::Beginning(wanted) => output.starts_with(wanted) && errors.is_empty(),
            End::Reason(wanted) => errors == *wanted && output.is_empty(),
            End::Crash(wanted) => errors.contains(wanted) && output.is_empty(),
            End::Cancelled => output.is_empty(),
        };
        ensure!(is_right, "{seen}, instead of {:?}", self.end);
        ensure!(process.retries == 0, "{seen}: it was begun {} times more", process.retries);
        Ok(())
    }
}
