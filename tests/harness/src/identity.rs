//! Whose colony it is that a stage plays in, and with whose keys.

use anyhow::Result;
use webpool_colony::request::{AddColony, AddUser};
use webpool_colony::types::{Colony as Record, User};
use webpool_colony::{FunctionSpec, PrivateKey};

use crate::colony::{COLONY, COLONY_KEY, Colony, SERVER_KEY, TYPE, USER_KEY};

/// A colony, the keys of its owner and of a user, and the type of its executors.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The colony's name.
    pub colony: String,
    /// Its owner's private key.
    pub colony_key: String,
    /// The private key of a user of it.
    pub user_key: String,
    /// The type of the executors that tabs are.
    pub executor_type: String,
}

impl Identity {
    /// The development colony, with the keys that everybody knows.
    pub fn development(executor_type: &str) -> Self {
        let [colony, colony_key, user_key, executor_type] =
            [COLONY, COLONY_KEY, USER_KEY, executor_type].map(str::to_owned);
        Self { colony, colony_key, user_key, executor_type }
    }

    /// Makes a colony that nobody else has, at a ColonyOS server with the development key. Nobody else
    /// has its executors' type either, the one that webpool suggests: such a server wakes who waits for
    /// work by type alone.
    ///
    /// # Errors
    ///
    /// The server's refusal.
    pub async fn make(server: &str) -> Result<Self> {
        let (owner, user) = (PrivateKey::generate(), PrivateKey::generate());
        let (colonyid, userid) = (owner.id(), user.id());
        let part: String = colonyid.as_str().chars().take(12).collect();
        let name = format!("{COLONY}-{part}");
        let client = Colony::new(server)?;
        let colony = Record { name: name.clone(), colonyid: colonyid.to_string() };
        client.ask_as(SERVER_KEY, &AddColony { colony: Some(colony) }).await?;
        let user_record =
            User { colonyname: name.clone(), userid, name: name.clone(), ..User::default() };
        client.ask_as(owner.to_hex(), &AddUser { user: Some(user_record) }).await?;
        let [colony_key, user_key] = [owner, user].map(|key| key.to_hex().to_owned());
        let executor_type = format!("{TYPE}-{name}");
        Ok(Self { colony: name, colony_key, user_key, executor_type })
    }

    /// Makes a call for the tabs of the development colony one for the tabs of this.
    pub(crate) fn take_over(&self, spec: &mut FunctionSpec) {
        let conditions = &mut spec.conditions;
        if conditions.colonyname == COLONY {
            self.colony.clone_into(&mut conditions.colonyname);
        }
        if conditions.executortype == TYPE {
            self.executor_type.clone_into(&mut conditions.executortype);
        }
    }
}
