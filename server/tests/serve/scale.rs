//! Many executors that wait: they cost the server no work, and one process wakes one of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use webpool_colony::request::{Assign, GetExecutors, Submit};
use webpool_colony::types::Executor;
use webpool_colony::{Error, FunctionSpec, Json, Process, Timestamp};

use crate::broker::{join, join_as};
use crate::support::{Server, USER_KEY};

/// How many wait.
const EXECUTORS: usize = 500;

/// Longer than it takes until all of them do.
const PATIENCE: Duration = Duration::from_mins(1);

/// How much of a processor the server may use while nothing happens, in hundredths of a second in
/// two seconds. Asking for the time in a loop would take 200.
const QUIET_TICKS: u64 = 20;

fn assign(timeout_s: i64) -> Assign {
    Assign { colonyname: "dev".to_owned(), timeout: timeout_s, ..Assign::default() }
}

/// When each executor that waits was last heard.
async fn heard(server: &Server) -> BTreeMap<String, Timestamp> {
    let request = GetExecutors { colonyname: "dev".to_owned() };
    let executors = server.call(&request, USER_KEY).await.unwrap().unwrap();
    let heard = |executor: Executor| (executor.executorname, executor.lastheardfromtime);
    executors.into_iter().filter(|executor| executor.executortype == "wasm").map(heard).collect()
}

/// Joins them all and lets them wait for work; when this returns, they do.
async fn wait_all(server: &Arc<Server>) -> JoinSet<Result<Process, Error>> {
    let mut joining = JoinSet::new();
    for number in 0..EXECUTORS {
        let server = Arc::clone(server);
        joining.spawn(async move { join(&server, &format!("e{number}")).await });
    }
    let keys = joining.join_all().await;
    let before = heard(server).await;
    let mut polls = JoinSet::new();
    for key in keys {
        let server = Arc::clone(server);
        polls.spawn(async move { server.call(&assign(600), &key).await });
    }
    let waiting = async {
        while heard(server).await.iter().any(|(name, heard)| before.get(name) == Some(heard)) {}
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap();
    polls
}

/// How long the server's process has used a processor, in hundredths of a second.
fn ticks(server: &Server) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
    let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_costs_nothing_and_one_process_wakes_one() {
    let server = Arc::new(Server::start(&[]));
    let bystander = join_as(&server, "bystander", "other").await;
    let mut polls = wait_all(&server).await;
    let before = ticks(&server);
    // An empty poll of two seconds is the quiet time.
    server.call(&assign(2), &bystander).await.unwrap_err();
    let used = ticks(&server) - before;
    assert!(used <= QUIET_TICKS, "{used} hundredths of a second used while nothing happened");
    assert!(polls.try_join_next().is_none());

    let kwargs = Json::from_text("{}").unwrap();
    let spec = FunctionSpec::new("add", "dev", "wasm", Json::from_strings(&["1", "2"]), kwargs);
    let submitted = server.call(&Submit { spec: Some(spec) }, USER_KEY).await.unwrap();
    let woken = tokio::time::timeout(PATIENCE, polls.join_next()).await.unwrap();
    assert_eq!(woken.unwrap().unwrap().unwrap().processid, submitted.processid);
    server.call(&assign(1), &bystander).await.unwrap_err();
    assert!(polls.try_join_next().is_none(), "one process wakes one poll");
}
