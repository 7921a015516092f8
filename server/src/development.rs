//! The public development keys of ColonyOS.
//!
//! They are printed in its documentation and the same in every copy, so they protect nothing: who
//! reaches a server that knows them owns it. That is why the broker with these keys listens on
//! loopback only (see [`crate::guard`]). A colony made by `webpool init` does not know them.

/// Name of the development colony.
pub(crate) const COLONY: &str = "dev";

/// Name of the development user.
pub(crate) const USER: &str = "dev";

/// Private key of the server's owner.
pub(crate) const SERVER_KEY: &str =
    "fcc79953d8a751bf41db661592dc34d30004b1a651ffa0725b03ac227641499d";

/// Private key of the colony's owner.
pub(crate) const COLONY_KEY: &str =
    "ba949fa134981372d6da62b6a56f336ab4d843b22c02a4257dcf7d0d73097514";

/// Private key of the user.
pub(crate) const USER_KEY: &str =
    "ddf7f7791208083b6a9ed975a72684f6406a269cfa36f1b1c32045c0a71fff05";
