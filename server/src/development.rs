//! The public development keys of ColonyOS.
//!
//! They are printed in its documentation and the same in every copy, so they protect nothing: who
//! reaches a server that knows them owns it. That is why the broker with these keys listens on
//! loopback only (see [`crate::guard`]).

use webpool_colony::Id;
use webpool_colony::types::{Colony, User};

/// Name of the development colony.
pub(crate) const COLONY: &str = "dev";

/// Name of the development user.
pub(crate) const USER: &str = "dev";

/// Id of the server's owner.
pub(crate) const SERVER_ID: &str =
    "039231c7644e04b6895471dd5335cf332681c54e27f81fac54f9067b3f2c0103";

/// Private key of the server's owner.
pub(crate) const SERVER_KEY: &str =
    "fcc79953d8a751bf41db661592dc34d30004b1a651ffa0725b03ac227641499d";

/// Id of the colony's owner.
pub(crate) const COLONY_ID: &str =
    "4787a5071856a4acf702b2ffcea422e3237a679c681314113d86139461290cf4";

/// Private key of the colony's owner.
pub(crate) const COLONY_KEY: &str =
    "ba949fa134981372d6da62b6a56f336ab4d843b22c02a4257dcf7d0d73097514";

/// Id of the user.
pub(crate) const USER_ID: &str = "3fc05cf3df4b494e95d6a3d297a34f19938f7daa7422ab0d4f794454133341ac";

/// Private key of the user.
pub(crate) const USER_KEY: &str =
    "ddf7f7791208083b6a9ed975a72684f6406a269cfa36f1b1c32045c0a71fff05";

/// The development colony as the broker stores it.
pub(crate) fn colony() -> Colony {
    Colony { colonyid: COLONY_ID.to_owned(), name: COLONY.to_owned() }
}

/// The development user as the broker stores it.
pub(crate) fn user() -> User {
    User {
        colonyname: COLONY.to_owned(),
        userid: Id::from_text(USER_ID),
        name: USER.to_owned(),
        ..User::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use webpool_colony::PrivateKey;

    #[test]
    fn every_id_belongs_to_its_key() {
        for (id, key) in [(SERVER_ID, SERVER_KEY), (COLONY_ID, COLONY_KEY), (USER_ID, USER_KEY)] {
            assert_eq!(PrivateKey::from_hex(key).unwrap().id().as_str(), id);
        }
    }
}
