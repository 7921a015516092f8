//! The keys that the registrar signs with: the colony owner's, and one of its own to read with.
//!
//! The owner's key lets executors and users in and takes them off, and signs nothing else here. It
//! cannot read: that is a colony user's right, so the registrar is one. No `Debug` shows a key.

use webpool_colony::request::{
    AddExecutor, AddUser, ApproveExecutor, GetExecutor, GetExecutorById, GetUserById,
    RemoveExecutor, RemoveUser,
};
use webpool_colony::types::{Executor, User};
use webpool_colony::{Id, PrivateKey, Request as _};

/// What the names of registrars begin with, as users of a colony.
const READER: &str = "webpool-registrar";

/// The owner of a colony. Each method signs one request; the result is its HTTP body.
#[derive(Debug)]
pub struct Owner {
    key: PrivateKey,
    colony: String,
}

impl Owner {
    /// Takes the owner's key of a colony.
    pub fn new(key: PrivateKey, colony: impl Into<String>) -> Self {
        Self { key, colony: colony.into() }
    }

    /// Name of the colony.
    pub fn colony(&self) -> &str {
        &self.colony
    }

    /// Who the owner is.
    pub fn id(&self) -> Id {
        self.key.id()
    }

    /// Adds an executor to the colony, pending.
    pub fn add_executor(&self, executor: Executor) -> String {
        let executor = Executor { colonyname: self.colony.clone(), ..executor };
        AddExecutor { executor: Some(executor) }.seal(&self.key)
    }

    /// Lets an executor work.
    pub fn approve_executor(&self, name: &str) -> String {
        let (colonyname, executorname) = (self.colony.clone(), name.to_owned());
        ApproveExecutor { colonyname, executorname }.seal(&self.key)
    }

    /// Takes an executor off; its running process waits again.
    pub fn remove_executor(&self, name: &str) -> String {
        let (colonyname, executorname) = (self.colony.clone(), name.to_owned());
        RemoveExecutor { colonyname, executorname }.seal(&self.key)
    }

    /// Adds a user to the colony.
    pub fn add_user(&self, user: User) -> String {
        let user = User { colonyname: self.colony.clone(), ..user };
        AddUser { user: Some(user) }.seal(&self.key)
    }

    /// Takes a user off.
    pub fn remove_user(&self, name: &str) -> String {
        RemoveUser { colonyname: self.colony.clone(), name: name.to_owned() }.seal(&self.key)
    }
}

/// The registrar as a user of a colony. Each method signs one request; the result is its HTTP body.
#[derive(Debug)]
pub struct Reader {
    key: PrivateKey,
    colony: String,
}

impl Reader {
    /// Takes the registrar's own key.
    pub fn new(key: PrivateKey, colony: impl Into<String>) -> Self {
        Self { key, colony: colony.into() }
    }

    /// Who it is.
    pub fn id(&self) -> Id {
        self.key.id()
    }

    /// The user that the owner adds: its name has the first 8 digits of its id, so that two
    /// registrars of one colony do not take each other's.
    pub fn to_user(&self) -> User {
        let userid = self.id();
        let name = format!("{READER}-{}", userid.as_str().get(..8).unwrap_or_default());
        User { colonyname: self.colony.clone(), userid, name, ..User::default() }
    }

    /// Reads an executor by name.
    pub fn executor(&self, name: &str) -> String {
        let (colonyname, executorname) = (self.colony.clone(), name.to_owned());
        GetExecutor { colonyname, executorname }.seal(&self.key)
    }

    /// Reads an executor by its id; a ColonyOS server shows those of other colonies too.
    pub fn executor_of(&self, id: &Id) -> String {
        let (colonyname, executorid) = (self.colony.clone(), id.clone());
        GetExecutorById { colonyname, executorid }.seal(&self.key)
    }

    /// Reads a user by its id.
    pub fn user_of(&self, id: &Id) -> String {
        GetUserById { colonyname: self.colony.clone(), userid: id.clone() }.seal(&self.key)
    }
}

#[cfg(test)]
mod tests {
    use webpool_colony::Envelope;

    use super::*;

    /// The type and the payload of what `signer` has signed.
    fn read(body: &str, signer: &Id) -> (String, String) {
        let envelope: Envelope = serde_json::from_str(body).unwrap();
        assert_eq!(envelope.signer().as_ref(), Ok(signer));
        let payload = String::from_utf8(envelope.payload_bytes()).unwrap();
        (envelope.payloadtype, payload)
    }

    #[test]
    fn the_owner_signs_for_its_own_colony() {
        let owner = Owner::new(PrivateKey::generate(), "mine");
        let executor = Executor { colonyname: "other".to_owned(), ..Executor::default() };
        let user = User { colonyname: "other".to_owned(), ..User::default() };
        let signed = [
            (owner.add_executor(executor), "addexecutormsg", ""),
            (owner.approve_executor("one"), "approveexecutormsg", "\"one\""),
            (owner.remove_executor("one"), "removeexecutormsg", "\"one\""),
            (owner.add_user(user), "addusermsg", ""),
            (owner.remove_user("two"), "removeusermsg", "\"two\""),
        ];
        for (body, expected, part) in signed {
            let (payloadtype, payload) = read(&body, &owner.id());
            assert_eq!(payloadtype, expected);
            assert!(payload.contains(r#""colonyname":"mine""#), "{payload}");
            assert!(!payload.contains("other") && payload.contains(part), "{payload}");
        }
    }

    #[test]
    fn the_reader_only_reads() {
        let reader = Reader::new(PrivateKey::generate(), "mine");
        let user = reader.to_user();
        assert_eq!((user.userid, user.colonyname.as_str()), (reader.id(), "mine"));
        assert_eq!(user.name, format!("webpool-registrar-{}", &reader.id().as_str()[..8]));
        let signed = [
            (reader.executor("one"), "getexecutormsg"),
            (reader.executor_of(&reader.id()), "getexecutorbyidmsg"),
            (reader.user_of(&reader.id()), "getuserbyidmsg"),
        ];
        for (body, expected) in signed {
            assert_eq!(read(&body, &reader.id()).0, expected);
        }
    }

    #[test]
    fn no_key_shows() {
        let key = PrivateKey::generate();
        let owner = Owner::new(key.clone(), "mine");
        let reader = Reader::new(key.clone(), "mine");
        assert!(!format!("{owner:?} {reader:?}").contains(key.to_hex()));
    }
}
