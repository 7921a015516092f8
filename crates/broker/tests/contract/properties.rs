//! Whatever is asked, in whatever order: nothing is lost, nothing has two holders, what has ended
//! stays ended, and nobody waits in vain.
//!
//! Sequences of requests are made up at random; a sequence that breaks a rule is made shorter until
//! nothing can be left out, and printed.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestCaseError;
use webpool_broker::Broker;
use webpool_colony::reply::read_assigned;
use webpool_colony::request::{
    AddExecutor, ApproveExecutor, Assign, CancelProcess, CloseFailed, CloseSuccessful,
    GetColonyStats, GetProcess, RejectExecutor, RemoveExecutor, RemoveProcess, SetOutput,
};
use webpool_colony::types::Executor;
use webpool_colony::{
    Assigned, Error, FunctionSpec, Id, Json, PrivateKey, Process, ProcessState, Request,
};

use super::fixture::{COLONY, Fixture, Poll, spec};

/// Types of executors; the last executor is of the second.
const TYPES: [&str; 2] = ["wasm", "native"];

/// How many executors there are.
const EXECUTORS: usize = 4;

/// One request, or something that happens.
#[derive(Clone, Debug)]
enum Step {
    Submit { is_native: bool, max_wait_s: i64, max_exec_s: i64, max_retries: i64 },
    Assign(usize),
    OpenPoll(usize),
    DropPoll(usize),
    SetOutput(usize, Index),
    CloseSuccessful(usize, Index),
    CloseFailed(usize, Index),
    Cancel(Index),
    RemoveProcess(Index),
    Change(usize, Change),
    Pass { seconds: u64 },
    Restart,
}

/// What the colony's owner does with an executor.
#[derive(Clone, Copy, Debug)]
enum Change {
    Approve,
    Reject,
    Remove,
    /// The same name again, with a new key.
    Enrol,
}

const CHANGES: [Change; 4] = [Change::Approve, Change::Reject, Change::Remove, Change::Enrol];

fn step() -> impl Strategy<Value = Step> {
    let executor = 0..EXECUTORS;
    let process = any::<Index>;
    let limit = || prop_oneof![3 => Just(-1_i64), 1 => 1..4_i64];
    prop_oneof![
        6 => (any::<bool>(), limit(), limit(), -1..3_i64).prop_map(
            |(is_native, max_wait_s, max_exec_s, max_retries)| Step::Submit {
                is_native, max_wait_s, max_exec_s, max_retries
            }
        ),
        5 => executor.clone().prop_map(Step::Assign),
        4 => executor.clone().prop_map(Step::OpenPoll),
        1 => executor.clone().prop_map(Step::DropPoll),
        1 => (executor.clone(), process()).prop_map(|(e, p)| Step::SetOutput(e, p)),
        5 => (executor.clone(), process()).prop_map(|(e, p)| Step::CloseSuccessful(e, p)),
        2 => (executor.clone(), process()).prop_map(|(e, p)| Step::CloseFailed(e, p)),
        2 => process().prop_map(Step::Cancel),
        1 => process().prop_map(Step::RemoveProcess),
        4 => (executor, prop::sample::select(&CHANGES[..])).prop_map(|(e, c)| Step::Change(e, c)),
        3 => (1..6_u64).prop_map(|seconds| Step::Pass { seconds }),
        1 => Just(Step::Restart),
    ]
}

/// A process that was acknowledged, and what was last seen of it.
struct Known {
    seen: Process,
    /// Who was last told to run it.
    given_to: Option<Id>,
    is_removed: bool,
}

/// An executor, and its poll if one is open.
struct Worker {
    name: String,
    kind: &'static str,
    key: PrivateKey,
    poll: Option<Poll>,
}

struct World {
    fixture: Fixture,
    known: Vec<Known>,
    workers: Vec<Worker>,
}

type Checked = Result<(), TestCaseError>;

impl World {
    fn new() -> Self {
        let mut world = Self { fixture: Fixture::new(), known: Vec::new(), workers: Vec::new() };
        for number in 0..EXECUTORS {
            let kind = TYPES[usize::from(number + 1 == EXECUTORS)];
            let (name, key) = (format!("worker-{number}"), PrivateKey::generate());
            world.workers.push(Worker { name, kind, key, poll: None });
            world.enrol(number);
            world.change(number, Change::Approve);
        }
        world
    }

    fn enrol(&mut self, number: usize) {
        let worker = &mut self.workers[number];
        worker.key = PrivateKey::generate();
        let executor = Executor {
            executorid: worker.key.id(),
            executortype: worker.kind.to_owned(),
            executorname: worker.name.clone(),
            colonyname: COLONY.to_owned(),
            ..Executor::default()
        };
        let request = AddExecutor { executor: Some(executor) };
        self.fixture.ask(&self.fixture.owner, &request).unwrap();
    }

    fn change(&mut self, number: usize, change: Change) {
        let (owner, colonyname) = (&self.fixture.owner, COLONY.to_owned());
        let executorname = self.workers[number].name.clone();
        match change {
            Change::Approve => {
                let request = ApproveExecutor { colonyname, executorname };
                self.fixture.ask(owner, &request).unwrap();
            }
            Change::Reject => {
                let request = RejectExecutor { colonyname, executorname };
                self.fixture.ask(owner, &request).unwrap();
            }
            Change::Remove => {
                let request = RemoveExecutor { colonyname, executorname };
                self.fixture.ask(owner, &request).unwrap();
            }
            Change::Enrol => self.enrol(number),
        }
    }

    /// The id of some process that was ever acknowledged.
    fn pick(&self, index: Index) -> Option<(usize, String)> {
        let number = (!self.known.is_empty()).then(|| index.index(self.known.len()))?;
        Some((number, self.known[number].seen.processid.clone()))
    }

    fn perform(&mut self, step: &Step) -> Checked {
        let colonyname = COLONY.to_owned();
        match *step {
            Step::Submit { is_native, max_wait_s, max_exec_s, max_retries } => {
                let mut spec: FunctionSpec = spec("work");
                TYPES[usize::from(is_native)].clone_into(&mut spec.conditions.executortype);
                (spec.maxwaittime, spec.maxexectime) = (max_wait_s, max_exec_s);
                spec.maxretries = max_retries;
                let seen = self.fixture.submit_like(spec);
                self.known.push(Known { seen, given_to: None, is_removed: false });
            }
            Step::Assign(number) => {
                let request = Assign { colonyname, timeout: -1, ..Assign::default() };
                let answer = self.fixture.post(request.seal(&self.workers[number].key));
                self.take(number, read_assigned(answer.status, answer.body.as_bytes()))?;
            }
            Step::OpenPoll(number) => {
                if self.workers[number].poll.is_none() {
                    let poll = self.fixture.poll(&self.workers[number].key);
                    self.workers[number].poll = Some(poll);
                }
            }
            Step::DropPoll(number) => self.workers[number].poll = None,
            Step::SetOutput(number, index) => {
                let Some((known, processid)) = self.pick(index) else { return Ok(()) };
                let out = Json::from_strings(&["half"]);
                self.try_as(number, known, &SetOutput { processid, out })?;
            }
            Step::CloseSuccessful(number, index) => {
                let Some((known, processid)) = self.pick(index) else { return Ok(()) };
                let out = Json::from_strings(&[processid.as_str()]);
                self.try_as(number, known, &CloseSuccessful { processid, out })?;
            }
            Step::CloseFailed(number, index) => {
                let Some((known, processid)) = self.pick(index) else { return Ok(()) };
                let errors = vec!["no".to_owned()];
                self.try_as(number, known, &CloseFailed { processid, errors })?;
            }
            Step::Cancel(index) => {
                let Some((_, processid)) = self.pick(index) else { return Ok(()) };
                drop(self.fixture.ask(&self.fixture.user, &CancelProcess { processid }));
            }
            Step::RemoveProcess(index) => {
                let Some((number, processid)) = self.pick(index) else { return Ok(()) };
                let result = self.fixture.ask(&self.fixture.user, &RemoveProcess { processid });
                self.known[number].is_removed |= result.is_ok();
            }
            Step::Change(number, change) => self.change(number, change),
            Step::Pass { seconds } => self.fixture.pass(Duration::from_secs(seconds)),
            Step::Restart => {
                self.fixture.broker.close();
                self.fixture.broker = Broker::open(self.fixture.settings()).unwrap();
            }
        }
        Ok(())
    }

    /// Asks for what only the holder of a process may do.
    fn try_as<R: Request>(&self, number: usize, known: usize, request: &R) -> Checked {
        let key = &self.workers[number].key;
        if self.fixture.ask(key, request).is_ok() {
            prop_assert_eq!(self.known[known].given_to.as_ref(), Some(&key.id()), "{}", R::TYPE);
        }
        Ok(())
    }

    /// An executor was answered: it may have been given a process.
    fn take(&mut self, number: usize, answer: Result<Assigned, Error>) -> Checked {
        let Ok(Assigned::Process(process)) = answer else { return Ok(()) };
        let id = self.workers[number].key.id();
        let known = self.known.iter_mut().find(|known| known.seen.processid == process.processid);
        let Some(known) = known else {
            return Err(TestCaseError::fail("a process was given that nobody submitted"));
        };
        prop_assert_eq!(&process.assignedexecutorid, &id);
        prop_assert!(!known.is_removed, "a removed process was given");
        prop_assert_eq!(
            &process.spec.conditions.executortype,
            self.workers[number].kind,
            "another type's process was given"
        );
        known.given_to = Some(id);
        Ok(())
    }

    /// Collects what open polls came to.
    fn collect(&mut self) -> Checked {
        self.fixture.broker.tick();
        for number in 0..EXECUTORS {
            let Some(poll) = &self.workers[number].poll else { continue };
            if let Ok(answer) = poll.answer.try_recv() {
                self.workers[number].poll = None;
                self.take(number, read_assigned(answer.status, answer.body.as_bytes()))?;
            }
        }
        Ok(())
    }

    /// Looks at every process and holds it against what was seen before.
    fn check(&mut self) -> Checked {
        let mut counts = [0_i64; 5];
        for known in &mut self.known {
            let processid = known.seen.processid.clone();
            let now = self.fixture.ask(&self.fixture.user, &GetProcess { processid });
            if known.is_removed {
                prop_assert!(now.is_err(), "a removed process is still there");
                continue;
            }
            let Ok(now) = now else {
                return Err(TestCaseError::fail("an acknowledged process is lost"));
            };
            check_arrow(&known.seen, &now)?;
            check_holder(&now, known.given_to.as_ref())?;
            counts[usize::try_from(now.state).unwrap()] += 1;
            known.seen = now;
        }
        let request = GetColonyStats { colonyname: COLONY.to_owned() };
        let stats = self.fixture.ask(&self.fixture.user, &request).unwrap();
        let counted = [
            stats.waitingprocesses,
            stats.runningprocesses,
            stats.successfulprocesses,
            stats.failedprocesses,
            stats.cancelledprocesses,
        ];
        prop_assert_eq!(counted, counts);
        self.check_nobody_waits_in_vain()
    }

    /// No poll is open while a process waits that it could be given.
    fn check_nobody_waits_in_vain(&self) -> Checked {
        for worker in self.workers.iter().filter(|worker| worker.poll.is_some()) {
            let could_take = |known: &&Known| {
                !known.is_removed
                    && known.seen.state() == Some(ProcessState::Waiting)
                    && known.seen.spec.conditions.executortype == worker.kind
            };
            let missed = self.known.iter().find(could_take).map(|known| &known.seen.processid);
            prop_assert_eq!(missed, None, "{} waits in vain", &worker.name);
        }
        Ok(())
    }
}

/// From one state to the next: what has ended stays as it ended.
fn check_arrow(before: &Process, now: &Process) -> Checked {
    let (Some(from), Some(to)) = (before.state(), now.state()) else {
        return Err(TestCaseError::fail("a state that is none"));
    };
    if from.is_final() {
        prop_assert_eq!(from, to, "what has ended goes on");
        prop_assert_eq!(&before.output, &now.output);
        prop_assert_eq!(&before.errors, &now.errors);
        prop_assert_eq!(&before.assignedexecutorid, &now.assignedexecutorid);
    }
    prop_assert_eq!(before.prioritytime, now.prioritytime);
    prop_assert!(now.retries >= before.retries, "retries are forgotten");
    let most = now.spec.maxretries;
    prop_assert!(most < 0 || now.retries <= most, "{} retries of {most}", now.retries);
    Ok(())
}

/// A running process has one holder, who was told so; a waiting one has none.
fn check_holder(process: &Process, given_to: Option<&Id>) -> Checked {
    match process.state() {
        Some(ProcessState::Running) => {
            prop_assert!(process.isassigned);
            prop_assert_eq!(Some(&process.assignedexecutorid), given_to);
        }
        Some(ProcessState::Waiting) => {
            prop_assert!(!process.isassigned);
            prop_assert_eq!(process.assignedexecutorid.as_str(), "");
        }
        Some(ProcessState::Success) => {
            prop_assert_eq!(Some(&process.assignedexecutorid), given_to);
            prop_assert_eq!(process.output.to_texts(), [process.processid.clone()]);
        }
        Some(ProcessState::Failed | ProcessState::Cancelled) | None => {}
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_requests_keeps_the_promises(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        for step in &steps {
            world.perform(step)?;
            world.collect()?;
            world.check()?;
        }
    }
}
