//! A colony with one user, on a broker whose file is deleted afterwards.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use webpool_broker::{Answer, Broker, Settings};
use webpool_colony::request::{GetColonyStats, GetProcess, Submit};
use webpool_colony::types::{Colony as ColonyRow, User};
use webpool_colony::{FunctionSpec, Json, PrivateKey, Process, ProcessState, Request, Timestamp};

pub(crate) struct Colony {
    pub(crate) name: String,
    pub(crate) owner: PrivateKey,
    pub(crate) broker: Broker,
    user: PrivateKey,
    folder: PathBuf,
}

impl Drop for Colony {
    fn drop(&mut self) {
        self.broker.close();
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_unix_ns(u64::try_from(since.as_nanos()).unwrap())
}

impl Colony {
    pub(crate) fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("webpool-native-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (owner, user) = (PrivateKey::generate(), PrivateKey::generate());
        let server_id = PrivateKey::generate().id();
        let settings = Settings::new(folder.join("broker.sqlite"), server_id, Arc::new(wall));
        let broker = Broker::open(settings).unwrap();
        let row = ColonyRow { colonyid: owner.id().to_string(), name: name.to_owned() };
        let member = User {
            colonyname: name.to_owned(),
            userid: user.id(),
            name: "tester".to_owned(),
            ..User::default()
        };
        broker.seed(row, vec![member]).unwrap();
        Self { name: name.to_owned(), owner, broker, user, folder }
    }

    pub(crate) fn ask<R: Request>(&self, request: &R) -> R::Reply {
        let Answer { status, body } = self.post(request);
        R::read(status, body.as_bytes()).unwrap()
    }

    fn post<R: Request>(&self, request: &R) -> Answer {
        let (sender, receiver) = mpsc::channel();
        let respond = Box::new(move |answer| drop(sender.send(answer)));
        let call = self.broker.call(request.seal(&self.user).into_bytes(), respond);
        let answer = receiver.recv().unwrap();
        drop(call);
        answer
    }

    pub(crate) fn submit(&self, function: &str, args: &str) -> String {
        self.ask(&self.submission(function, Json::from_text(args).unwrap())).processid
    }

    /// Submits a process that is too long for its submitter to read.
    pub(crate) fn submit_unread(&self, function: &str, args: Json) {
        assert_eq!(self.post(&self.submission(function, args)).status, 200);
    }

    fn submission(&self, function: &str, args: Json) -> Submit {
        let spec = FunctionSpec::new(function, &self.name, "wasm", args, Json::default());
        Submit { spec: Some(spec) }
    }

    /// Waits until so many processes have failed.
    pub(crate) fn wait_for_failed(&self, count: i64, patience: Duration) {
        let deadline = Instant::now() + patience;
        let request = GetColonyStats { colonyname: self.name.clone() };
        while self.ask(&request).failedprocesses != count {
            assert!(Instant::now() < deadline, "not {count} failed");
            std::thread::yield_now();
        }
    }

    /// Reads a process until `is_there`; the broker's other clients make the time pass.
    fn watch(&self, id: &str, patience: Duration, is_there: impl Fn(&Process) -> bool) -> Process {
        let deadline = Instant::now() + patience;
        loop {
            let process = self.ask(&GetProcess { processid: id.to_owned() });
            if is_there(&process) {
                return process;
            }
            assert!(Instant::now() < deadline, "still {process:?}");
            std::thread::yield_now();
        }
    }

    pub(crate) fn settle(&self, id: &str, patience: Duration) -> Process {
        self.watch(id, patience, |p| p.state().is_some_and(ProcessState::is_final))
    }

    pub(crate) fn wait_for(&self, id: &str, state: ProcessState, patience: Duration) {
        self.watch(id, patience, |process| process.state() == Some(state));
    }
}
