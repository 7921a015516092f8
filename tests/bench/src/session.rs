//! An executor on a link: joins by an invite, and waits for work.

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use webpool_colony::request::{AddExecutor, Assign};
use webpool_colony::types::Executor;
use webpool_colony::{Envelope, PrivateKey, Request};
use webpool_wire::link::{self, Challenge, FromGateway, HELLO_TYPE, Hello, LinkRole, ToGateway};

/// What all of them have in common.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// The gateway's address without a trailing slash, `http://…`.
    pub(crate) url: String,
    /// The invite's secret.
    pub(crate) token: String,
    /// The executor type.
    pub(crate) kind: String,
}

/// A session whose executor has joined.
#[derive(Debug)]
pub(crate) struct Session {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    key: PrivateKey,
    colony: String,
    poll_s: u32,
    requests: u64,
}

impl Session {
    /// Comes with a key of its own, and joins.
    ///
    /// # Errors
    ///
    /// A connection that fails, or the gateway's refusal.
    pub(crate) async fn join(way: &Way) -> Result<Self> {
        let host = way.url.strip_prefix("http://").context("the address begins with http://")?;
        let (socket, _) = connect_async(format!("ws://{host}{}", link::PATH)).await?;
        let key = PrivateKey::generate();
        let mut session = Self { socket, key, colony: String::new(), poll_s: 0, requests: 0 };
        let FromGateway::Challenge(challenge) = session.hear().await? else {
            bail!("the gateway did not begin with a challenge")
        };
        session.colony.clone_from(&challenge.colony);
        session.prove(challenge, host, &way.token).await?;
        let said = session.hear().await?;
        let FromGateway::Welcome(welcome) = &said else { bail!("not let in: {said:?}") };
        session.poll_s = welcome.poll_s;
        session.add(&way.kind).await?;
        Ok(session)
    }

    async fn prove(&mut self, challenge: Challenge, host: &str, token: &str) -> Result<()> {
        let visit = self.key.id().as_str().get(..32).context("an id has 64 digits")?.to_owned();
        let hello = Hello {
            nonce: challenge.nonce,
            host: host.to_owned(),
            token: token.to_owned(),
            visit,
            role: LinkRole::Executor,
            build: challenge.build,
        };
        let body = Envelope::sign(HELLO_TYPE, &serde_json::to_string(&hello)?, &self.key).to_body();
        self.say(&ToGateway::Hello { body }).await
    }

    async fn add(&mut self, kind: &str) -> Result<()> {
        let id = self.key.id();
        let short = id.as_str().get(..8).context("an id has 64 digits")?;
        let executor = Executor {
            executorname: format!("bench-0-{short}"),
            executorid: id.clone(),
            executortype: kind.to_owned(),
            colonyname: self.colony.clone(),
            ..Executor::default()
        };
        self.request(&AddExecutor { executor: Some(executor) }).await?;
        let said = self.hear().await?;
        ensure!(matches!(said, FromGateway::Reply { status: 200, .. }), "not added: {said:?}");
        Ok(())
    }

    /// Waits for work until the session ends, which is an error.
    ///
    /// # Errors
    ///
    /// Always.
    pub(crate) async fn wait(mut self) -> Result<()> {
        loop {
            let colonyname = self.colony.clone();
            let timeout = i64::from(self.poll_s);
            self.request(&Assign { colonyname, timeout, ..Assign::default() }).await?;
            let said = self.hear().await?;
            let is_vain = matches!(said, FromGateway::Reply { status: 404, .. });
            ensure!(is_vain, "it was to wait in vain: {said:?}");
        }
    }

    async fn request<R: Request>(&mut self, request: &R) -> Result<()> {
        self.requests += 1;
        let body = request.seal(&self.key);
        self.say(&ToGateway::Request { id: self.requests, body }).await
    }

    async fn say(&mut self, frame: &ToGateway) -> Result<()> {
        Ok(self.socket.send(Message::text(serde_json::to_string(frame)?)).await?)
    }

    /// The next frame that says something; pings are answered meanwhile.
    async fn hear(&mut self) -> Result<FromGateway> {
        loop {
            match self.socket.next().await.context("the session has ended")?? {
                Message::Text(text) => {
                    let frame = serde_json::from_str(&text)?;
                    // the build is said again and again, so that the link is not silent
                    if !matches!(frame, FromGateway::Build { .. }) {
                        return Ok(frame);
                    }
                }
                Message::Ping(_) | Message::Pong(_) => {}
                Message::Close(_) | Message::Binary(_) | Message::Frame(_) => {
                    bail!("the gateway has ended the session")
                }
            }
        }
    }
}
