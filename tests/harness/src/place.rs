//! Where a stage plays: on the embedded broker, or before a ColonyOS server elsewhere, in a colony of its
//! own.
//!
//! `WEBPOOL_COLONIES=URL` names such a server, whose owner has the development key; its executors come by
//! link through a gateway, or, with `WEBPOOL_WAY=http`, with the colony's key by themselves.

use std::{env, fmt};

use anyhow::{Result, bail};

use crate::identity::Identity;

/// Names the server.
const SERVER: &str = "WEBPOOL_COLONIES";

/// Names the way to it.
const WAY: &str = "WEBPOOL_WAY";

/// The way of an executor to its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// One socket to the gateway.
    Link,
    /// Requests, with the colony's key.
    Http,
}

impl Way {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Http, Self::Link];
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Link => "link",
            Self::Http => "http",
        })
    }
}

/// Where a stage plays.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The ColonyOS server behind webpool, without trailing slash; none with the embedded broker.
    pub(crate) server: Option<String>,
    pub(crate) way: Way,
    pub(crate) identity: Identity,
}

impl Place {
    /// The place that the environment names, with a colony of its own if it is elsewhere.
    pub(crate) async fn from_environment(executor_type: &str) -> Result<Self> {
        let identity = Identity::development(executor_type);
        let Some(server) = elsewhere() else {
            return Ok(Self { server: None, way: Way::Link, identity });
        };
        let identity = Identity::make(&server).await?;
        Ok(Self { server: Some(server), way: named_way()?, identity })
    }

    /// Arguments of `webpool serve`, and its environment; a variable without value is not set.
    pub(crate) fn serve(&self) -> (Vec<String>, Vec<(&'static str, Option<String>)>) {
        let Some(server) = &self.server else { return (Vec::new(), Vec::new()) };
        let key = Some(self.identity.colony_key.clone()).filter(|_| self.way == Way::Link);
        let variables = vec![
            ("COLONIES_COLONY_NAME", Some(self.identity.colony.clone())),
            ("COLONIES_COLONY_PRVKEY", key),
        ];
        (vec!["--colonies".to_owned(), server.clone()], variables)
    }
}

/// The ColonyOS server that the environment names, without trailing slash.
pub fn elsewhere() -> Option<String> {
    let server = env::var(SERVER).ok().filter(|server| !server.is_empty())?;
    Some(server.trim_end_matches('/').to_owned())
}

fn named_way() -> Result<Way> {
    match env::var(WAY).as_deref() {
        Err(_) | Ok("" | "link") => Ok(Way::Link),
        Ok("http") => Ok(Way::Http),
        Ok(other) => bail!("{WAY} is «{other}», allowed is link or http"),
    }
}
