//! No sequence of requests leaves a workflow stuck, or in a state that its nodes do not have.
//!
//! Workflows and sequences are drawn from fixed seeds. After each step every graph agrees with its
//! processes, what has ended stays as it ended, and what was given away was free to go. At the end
//! the executors do what is left: then every graph has ended.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use webpool_colony::graph::GraphNode;
use webpool_colony::request::{AddChild, CancelProcessGraph};
use webpool_colony::{Assigned, FunctionSpec, Json, PrivateKey, Process, ProcessState};

use super::fixture::Fixture;
use super::graphs::{fail, graph, node, submit};

use ProcessState::{Cancelled, Failed, Running, Success, Waiting};

/// A stream of numbers from a seed (xorshift).
struct Draw(u64);

impl Draw {
    /// A number below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    /// One of several.
    fn one_of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

struct World {
    fixture: Fixture,
    executors: Vec<PrivateKey>,
    graphs: Vec<String>,
    /// What runs: who holds it, and what.
    held: Vec<(usize, Process)>,
    /// How what has ended has ended.
    ended: HashMap<String, ProcessState>,
    draw: Draw,
}

impl World {
    fn new(seed: u64) -> Self {
        let fixture = Fixture::new();
        let executors = ["e1", "e2", "e3"].map(|name| fixture.executor(name)).into();
        let (graphs, held, ended) = (Vec::new(), Vec::new(), HashMap::new());
        Self { fixture, executors, graphs, held, ended, draw: Draw(seed) }
    }

    fn step(&mut self) {
        match self.draw.below(16) {
            0 | 1 => self.submit(),
            2..=7 => self.take(),
            8..=10 => self.close(),
            11 => self.fail(),
            12 | 13 => self.grow(),
            14 => self.fixture.pass(Duration::from_secs(2)),
            _ => self.cancel(),
        }
    }

    /// A workflow of up to six nodes, each of which may wait for those before it.
    fn submit(&mut self) {
        let names = ["a", "b", "c", "d", "e", "f"];
        let count = self.draw.below(names.len() + 1);
        let mut specs: Vec<FunctionSpec> = Vec::new();
        for (at, name) in names[..count].iter().enumerate() {
            let before = names[..at].iter().copied();
            let parents: Vec<&str> = before.filter(|_| self.draw.below(3) == 0).collect();
            let maxexectime = *self.draw.one_of(&[-1, -1, 1]);
            let maxwaittime = *self.draw.one_of(&[-1, -1, -1, 6]);
            let maxretries = *self.draw.one_of(&[0, 1]);
            let limits =
                FunctionSpec { maxexectime, maxwaittime, maxretries, ..node(name, &parents) };
            specs.push(limits);
        }
        // A workflow is a set: its order says nothing.
        if self.draw.below(2) == 0 {
            specs.reverse();
        }
        self.graphs.push(submit(&self.fixture, specs).unwrap().processgraphid);
    }

    fn take(&mut self) {
        let at = self.draw.below(self.executors.len());
        let Ok(Assigned::Process(process)) = self.fixture.assign(&self.executors[at]) else {
            return;
        };
        let mut input: Vec<Json> = Vec::new();
        for id in &process.parents {
            let parent = self.fixture.process(id);
            assert_eq!(parent.state(), Some(Success), "a child goes before its parent");
            input.extend(serde_json::from_str::<Vec<Json>>(parent.output.as_str()).unwrap());
        }
        assert_eq!(process.input, Json::from_value(&input));
        assert!(!process.waitforparents);
        self.held.push((at, *process));
    }

    /// One of the processes held, no longer held then.
    fn drop_one(&mut self) -> Option<(usize, Process)> {
        if self.held.is_empty() {
            return None;
        }
        let at = self.draw.below(self.held.len());
        Some(self.held.swap_remove(at))
    }

    // Whether a report is accepted depends on what has happened meanwhile; that nothing unfitting
    // is stored is what `check` is for.

    fn close(&mut self) {
        if let Some((at, process)) = self.drop_one() {
            let out = &process.spec.nodename;
            drop(self.fixture.close(&self.executors[at], &process.processid, out));
        }
    }

    fn fail(&mut self) {
        if let Some((at, process)) = self.drop_one() {
            drop(fail(&self.fixture, &self.executors[at], &process.processid));
        }
    }

    fn grow(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let (at, parent) = self.draw.one_of(&self.held).clone();
        let members = graph(&self.fixture, &parent.processgraphid).processids.unwrap();
        let childprocessid = match self.draw.below(2) {
            0 => String::new(),
            _ => self.draw.one_of(&members).clone(),
        };
        let request = AddChild {
            processgraphid: parent.processgraphid,
            parentprocessid: parent.processid,
            childprocessid,
            spec: Some(node("new", &[])),
            insert: self.draw.below(3) == 0,
        };
        drop(self.fixture.ask(&self.executors[at], &request));
    }

    fn cancel(&mut self) {
        if self.graphs.is_empty() {
            return;
        }
        let processgraphid = self.draw.one_of(&self.graphs).clone();
        self.fixture.ask(&self.fixture.user, &CancelProcessGraph { processgraphid }).unwrap();
    }

    /// Every graph is as its processes are, and what has ended stays so.
    fn check(&mut self) {
        for id in self.graphs.clone() {
            let graph = graph(&self.fixture, &id);
            assert_eq!(graph.processids.as_ref().unwrap().len(), graph.nodes.len());
            let mut states = Vec::new();
            for node in &graph.nodes {
                let state = shown_state(node);
                self.keep(node.id.clone(), state);
                states.push(state);
            }
            assert_eq!(graph.state(), Some(expected(&states)), "{states:?}");
            self.keep(id, expected(&states));
        }
    }

    fn keep(&mut self, id: String, state: ProcessState) {
        if state.is_final() {
            let before = *self.ended.entry(id).or_insert(state);
            assert_eq!(before, state, "what has ended changes");
        } else {
            assert!(!self.ended.contains_key(&id), "what has ended begins again");
        }
    }

    /// Lets the executors do what is left.
    fn finish(&mut self) {
        loop {
            while !self.held.is_empty() {
                self.close();
            }
            let before = self.held.len();
            (0..8).for_each(|_| self.take());
            if self.held.len() == before {
                break;
            }
        }
    }
}

/// The state a node's colour shows.
fn shown_state(node: &GraphNode) -> ProcessState {
    match node.style.background.as_str() {
        "#eee8d8" => Waiting,
        "#4689cd" => Running,
        "#92d050" => Success,
        "#cb4239" => Failed,
        "#f5a623" => Cancelled,
        other => panic!("{other} is no state's colour"),
    }
}

fn expected(states: &[ProcessState]) -> ProcessState {
    let has = |state| states.contains(&state);
    if has(Failed) {
        Failed
    } else if has(Cancelled) {
        Cancelled
    } else if states.iter().all(|state| *state == Success) {
        Success
    } else if has(Success) || has(Running) {
        Running
    } else {
        Waiting
    }
}

#[test]
fn no_sequence_leaves_a_workflow_stuck() {
    let mut endings: BTreeMap<ProcessState, usize> = BTreeMap::new();
    for seed in 1..=12_u64 {
        let mut world = World::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for _ in 0..40 {
            world.step();
            world.check();
        }
        world.finish();
        world.check();
        for id in &world.graphs {
            let graph = graph(&world.fixture, id);
            for member in graph.processids.iter().flatten() {
                let state = world.fixture.state(member).unwrap();
                assert!(state.is_final(), "seed {seed}: {member} is {state:?}");
            }
            *endings.entry(graph.state().unwrap()).or_default() += 1;
        }
    }
    // The draw is worth something: workflows have ended in every way.
    for state in [Success, Failed, Cancelled] {
        assert!(endings.contains_key(&state), "{endings:?}");
    }
}
