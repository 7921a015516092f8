//! Work that goes round through the SDK alone, and what it is told when it is refused.

use colonyos::core::{Attribute, Colony, Executor, FunctionSpec, Log, SUCCESS};
use colonyos::crypto;

use crate::random_string::generate;

/// The public development key of the server's owner.
const SERVER_KEY: &str = "fcc79953d8a751bf41db661592dc34d30004b1a651ffa0725b03ac227641499d";

/// A colony of its own.
struct Home {
    colony: String,
    owner: String,
}

impl Home {
    async fn new() -> Self {
        let (colony, owner) = (generate(20, "abcdefghijklmnop"), crypto::gen_prvkey());
        let new = Colony { colonyid: crypto::gen_id(&owner), name: colony.clone() };
        colonyos::add_colony(&new, SERVER_KEY).await.unwrap();
        Self { colony, owner }
    }

    /// Joins an executor; its key.
    async fn join(&self, name: &str) -> String {
        let key = crypto::gen_prvkey();
        let executor = Executor::new(name, &crypto::gen_id(&key), "sdk", &self.colony);
        colonyos::add_executor(&executor, &self.owner).await.unwrap();
        colonyos::approve_executor(&self.colony, name, &self.owner).await.unwrap();
        key
    }

    fn spec(&self) -> FunctionSpec {
        let mut spec = FunctionSpec::new("add", "sdk", &self.colony);
        spec.args = vec!["5".to_owned(), "3".to_owned()];
        spec.maxexectime = -1;
        spec
    }
}

/// What a refusal says; it is no loss of the connection.
fn sentence<T>(result: Result<T, colonyos::rpc::RPCError>) -> String {
    let Err(error) = result else { panic!("no refusal") };
    assert!(!error.conn_err());
    error.to_string()
}

#[tokio::test]
async fn work_goes_round() {
    let home = Home::new().await;
    let (asker, worker) = (home.join("asker").await, home.join("worker").await);
    let spec = home.spec();
    let (given, submitted) =
        tokio::join!(colonyos::assign(&home.colony, 10, &worker), colonyos::submit(&spec, &asker));
    let (given, submitted) = (given.unwrap(), submitted.unwrap());
    assert_eq!(given.processid, submitted.processid);
    assert_eq!(given.spec.args, ["5", "3"]);
    let id = &given.processid;
    let attribute = Attribute::new(&home.colony, id, "step", "1");
    colonyos::add_attr(&attribute, &worker).await.unwrap();
    let log = Log {
        processid: id.clone(),
        colonyname: home.colony.clone(),
        executorname: "worker".to_owned(),
        message: "half way".to_owned(),
        timestamp: 0,
    };
    colonyos::add_log(&log, &worker).await.unwrap();
    let follow = colonyos::subscribe_process(&given, SUCCESS, 10, &asker);
    let finish = async {
        colonyos::set_output(id, vec!["8".to_owned()], &worker).await.unwrap();
        colonyos::close(id, &worker).await
    };
    let (followed, closed) = tokio::join!(follow, finish);
    followed.unwrap();
    closed.unwrap();
    let done = colonyos::get_process(id, &asker).await.unwrap();
    assert_eq!((done.state, done.output), (SUCCESS, vec!["8".to_owned()]));
    assert!(done.attributes.iter().any(|one| one.key == "step" && one.value == "1"));
    let logs = colonyos::get_logs(&home.colony, id, "", 10, 0, &asker).await.unwrap();
    assert_eq!(logs.iter().map(|log| log.message.as_str()).collect::<Vec<_>>(), ["half way"]);
    let ended = colonyos::get_processes(&home.colony, 10, SUCCESS, &asker).await.unwrap();
    assert_eq!(ended.len(), 1);
    colonyos::remove_process(id, &asker).await.unwrap();
    let gone = sentence(colonyos::get_process(id, &asker).await);
    assert!(gone.contains("process not found"), "{gone}");
}

#[tokio::test]
async fn refusals_say_why() {
    let home = Home::new().await;
    let worker = home.join("worker").await;
    let nothing = sentence(colonyos::assign(&home.colony, 1, &worker).await);
    assert!(nothing.contains("No process available for assignment"), "{nothing}");
    let stranger = sentence(colonyos::submit(&home.spec(), &crypto::gen_prvkey()).await);
    assert!(stranger.contains("Access denied, not a member of Colony"), "{stranger}");
    let submitted = colonyos::submit(&home.spec(), &worker).await.unwrap();
    colonyos::assign(&home.colony, 1, &worker).await.unwrap();
    colonyos::fail(&submitted.processid, &worker).await.unwrap();
    let twice = sentence(colonyos::fail(&submitted.processid, &worker).await);
    assert!(twice.contains("Tried to set failed process as failed"), "{twice}");
    colonyos::remove_executor(&home.colony, "worker", &home.owner).await.unwrap();
    let removed = sentence(colonyos::assign(&home.colony, 1, &worker).await);
    assert!(removed.contains("not a member"), "{removed}");
    let owner = sentence(colonyos::remove_colony(&home.colony, &home.owner).await);
    assert!(owner.contains("Access denied, not server owner"), "{owner}");
    colonyos::remove_colony(&home.colony, SERVER_KEY).await.unwrap();
}
