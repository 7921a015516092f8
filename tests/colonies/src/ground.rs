//! The folder, the database and the servers: all that is there.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::time::{Instant, sleep};
use webpool_colony::PrivateKey;
use webpool_colony::request::{AddColony, AddUser};
use webpool_colony::types::{Colony, User};
use webpool_harness::{self as harness, COLONY, COLONY_KEY, Folder, SERVER_KEY, USER_KEY};

use crate::postgres::Postgres;
use crate::running::Running;
use crate::server::{Ports, Server};

/// How long a cluster may take to agree on a leader.
const AGREED: Duration = Duration::from_secs(30);

/// A server, and the program while it runs. Programs end before their folder is removed.
#[derive(Debug)]
struct Place {
    running: Option<Running>,
    server: Server,
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Ground {
    places: Vec<Place>,
    database: Postgres,
    folder: Folder,
}

impl Ground {
    /// Starts everything, and makes the development colony with its user.
    ///
    /// # Errors
    ///
    /// If a program is missing, or does not get ready.
    pub(crate) async fn start(program: &Path, servers: u32) -> Result<Self> {
        let folder = Folder::make("colonies")?;
        // the database runs as another user
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let port = *free_ports(1)?.first().context("no free port")?;
        let database = Postgres::start(folder.path(), port).await?;
        let servers = plan(program, folder.path(), port, servers)?;
        let first = servers.first().context("no server")?;
        first.make_tables().await?;
        let mut places = Vec::new();
        for server in servers {
            places.push(Place { running: Some(server.start()?), server });
        }
        for Place { running, server } in &mut places {
            let running = running.as_mut().context("it was started")?;
            server.wait_ready(running).await?;
        }
        let ground = Self { places, database, folder };
        ground.make_colony().await?;
        Ok(ground)
    }

    async fn make_colony(&self) -> Result<()> {
        let url = self.urls().into_iter().next().context("no server")?;
        let client = harness::Colony::new(&url)?;
        let id = |key: &str| PrivateKey::from_hex(key).map(|key| key.id());
        let colony = Colony { name: COLONY.to_owned(), colonyid: id(COLONY_KEY)?.to_string() };
        client.ask_as(SERVER_KEY, &AddColony { colony: Some(colony) }).await?;
        let user = User {
            colonyname: COLONY.to_owned(),
            userid: id(USER_KEY)?,
            name: COLONY.to_owned(),
            ..User::default()
        };
        client.ask_as(COLONY_KEY, &AddUser { user: Some(user) }).await?;
        Ok(())
    }

    /// The addresses of the servers.
    pub(crate) fn urls(&self) -> Vec<String> {
        self.places.iter().map(|place| place.server.url()).collect()
    }

    /// Kills a server.
    ///
    /// # Errors
    ///
    /// If there is none of this number, or it does not run.
    pub(crate) async fn stop(&mut self, number: usize) -> Result<()> {
        let running = self.place(number)?.running.take();
        running.context("it does not run")?.end("KILL").await
    }

    /// Starts a server that was killed; returns once it answers.
    ///
    /// # Errors
    ///
    /// If there is none of this number, it runs, or does not get ready.
    pub(crate) async fn start_again(&mut self, number: usize) -> Result<()> {
        let place = self.place(number)?;
        ensure!(place.running.is_none(), "it runs");
        let mut running = place.server.start()?;
        place.server.wait_ready(&mut running).await?;
        place.running = Some(running);
        Ok(())
    }

    /// The number of the server that hands out processes.
    ///
    /// # Errors
    ///
    /// If the servers have not agreed in time.
    pub(crate) async fn leader(&self) -> Result<usize> {
        let begun = Instant::now();
        loop {
            let asked = self.places.iter().find(|place| place.running.is_some());
            let asked = asked.context("no server runs")?.server.ask_leader().await;
            match asked {
                Ok(name) => {
                    let number = self.places.iter().position(|place| place.server.name == name);
                    return number.with_context(|| format!("there is no {name}"));
                }
                Err(error) if begun.elapsed() > AGREED => return Err(error),
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    fn place(&mut self, number: usize) -> Result<&mut Place> {
        let count = self.places.len();
        self.places.get_mut(number).with_context(|| format!("there are {count} servers, from 0 on"))
    }

    /// Ends everything.
    ///
    /// # Errors
    ///
    /// The system's.
    pub(crate) async fn end(self) -> Result<()> {
        let Self { places, database, folder } = self;
        for place in places {
            if let Some(running) = place.running {
                running.end("KILL").await?;
            }
        }
        database.end().await?;
        drop(folder);
        Ok(())
    }
}

/// Servers with ports of their own, and folders below this one.
fn plan(program: &Path, folder: &Path, database: u16, servers: u32) -> Result<Vec<Server>> {
    let ports = free_ports(4 * usize::try_from(servers)?)?;
    let ports: Vec<Ports> = ports
        .chunks(4)
        .filter_map(|four| {
            let &[api, relay, etcd, peers] = four else { return None };
            Some(Ports { api, relay, etcd, peers })
        })
        .collect();
    let name = |index: usize| format!("server{index}");
    let members = ports.iter().enumerate().map(|(index, Ports { api, relay, peers, .. })| {
        format!("{}=localhost:{peers}:{relay}:{api}", name(index))
    });
    let cluster = members.collect::<Vec<_>>().join(",");
    let mut planned = Vec::new();
    for (index, &ports) in ports.iter().enumerate() {
        let (name, cluster) = (name(index), cluster.clone());
        let folder = folder.join(&name);
        fs::create_dir(&folder)?;
        let program = program.to_owned();
        planned.push(Server { program, folder, name, ports, database, cluster });
    }
    Ok(planned)
}

/// So many ports that nobody listens at, all of them others.
fn free_ports(count: usize) -> Result<Vec<u16>> {
    let listeners: Vec<TcpListener> =
        (0..count).map(|_| TcpListener::bind(("127.0.0.1", 0))).collect::<Result<_, _>>()?;
    listeners.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}
