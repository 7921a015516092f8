//! A connection: one request and its reply, then its end; or a WebSocket.

use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::closes::{Carrier, Deed};
use super::{End, Fault, Shared, What, frames};

/// The longest head of a message, in bytes.
const LONGEST_HEAD: usize = 64 << 10;

/// How a reply begins if the server has done as it was asked.
const ACCEPTED: &[u8] = b"HTTP/1.1 200 ";

/// A request or a reply.
struct Message {
    /// With the empty line at its end.
    head: String,
    body: Vec<u8>,
}

impl Message {
    /// Reads a head, and as much of a body as the head says.
    async fn read(from: &mut TcpStream) -> io::Result<Self> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
                break end + 4;
            }
            if bytes.len() > LONGEST_HEAD || from.read_buf(&mut bytes).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        };
        let mut body = bytes.split_off(end);
        let head = String::from_utf8_lossy(&bytes).into_owned();
        let message = Self { head, body: Vec::new() };
        let length = message.header("content-length").and_then(|text| text.parse().ok());
        let length: usize = length.unwrap_or_default();
        while body.len() < length {
            if from.read_buf(&mut body).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Self { body, ..message })
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim())
    }

    /// Asks for an end of the connection after the reply.
    fn into_last(self) -> Self {
        let is_other = |line: &&str| !line.to_ascii_lowercase().starts_with("connection:");
        let lines: Vec<&str> = self.head.lines().filter(is_other).collect();
        let head = lines.join("\r\n").trim_end().to_owned() + "\r\nConnection: close\r\n\r\n";
        Self { head, body: self.body }
    }

    /// The same with a body that means nothing, as long as it was.
    fn into_garbage(self) -> Self {
        Self { body: vec![b'?'; self.body.len()], ..self }
    }

    fn into_bytes(self) -> Vec<u8> {
        [self.head.into_bytes(), self.body].concat()
    }
}

/// Carries a connection that has just begun; how it is to end.
pub(super) async fn carry(shared: &Shared, client: &mut TcpStream) -> io::Result<End> {
    let request = Message::read(client).await?;
    if request.header("upgrade").is_some() {
        return carry_socket(shared, client, request).await;
    }
    let kind = frames::kind_of(&request.body);
    let deed = kind.as_deref().and_then(|kind| Deed::find(kind, &request.body));
    if let Some(deed) = &deed {
        shared.closes.begin(deed, &request.body, Carrier::Request);
    }
    let _until_it_ends = shared.closes.carried(deed.as_ref());
    let asked = Asked { shared, kind: kind.as_deref(), deed: deed.as_ref() };
    let mut request = request.into_last();
    match asked.due(What::Request) {
        None => {}
        Some(Fault::Delay(delay)) => tokio::time::sleep(delay).await,
        Some(Fault::Garbage) => request = request.into_garbage(),
        Some(Fault::Truncate) => {
            let mut server = connect(shared).await?;
            server.write_all(half(&request.into_bytes())).await?;
            return Ok(End::Close);
        }
        Some(fault) => return asked.end(client, fault).await,
    }
    let mut server = connect(shared).await?;
    server.write_all(&request.into_bytes()).await?;
    let mut reply = Vec::new();
    tokio::select! {
        read = server.read_to_end(&mut reply) => drop(read?),
        () = hung_up(client) => return Ok(End::Close),
    }
    if let Some(deed) = deed.as_ref().filter(|_| !reply.is_empty()) {
        shared.closes.enter(deed, reply.starts_with(ACCEPTED));
    }
    asked.answer(client, reply).await
}

/// What is known of a request.
struct Asked<'a> {
    shared: &'a Shared,
    kind: Option<&'a str>,
    deed: Option<&'a Deed>,
}

impl Asked<'_> {
    /// The fault for it; what has no type is carried as it is.
    fn due(&self, what: What) -> Option<Fault> {
        self.kind.and_then(|kind| self.shared.rules.take(what, Some(kind)))
    }

    /// Hands on a reply.
    async fn answer(&self, client: &mut TcpStream, mut reply: Vec<u8>) -> io::Result<End> {
        match self.due(What::Reply) {
            None => {}
            Some(Fault::Delay(delay)) => tokio::time::sleep(delay).await,
            Some(Fault::Garbage) => {
                let head = reply.windows(4).position(|part| part == b"\r\n\r\n");
                let body = reply.split_off(head.map_or(0, |end| end + 4));
                reply.extend(vec![b'?'; body.len()]);
            }
            Some(Fault::Truncate) => {
                self.write(client, half(&reply)).await?;
                return Ok(End::Close);
            }
            Some(fault) => return self.end(client, fault).await,
        }
        self.write(client, &reply).await?;
        Ok(End::Close)
    }

    /// What ends a connection, or leaves it without an end.
    async fn end(&self, client: &mut TcpStream, fault: Fault) -> io::Result<End> {
        match fault {
            Fault::Reset => Ok(End::Reset),
            Fault::Status(status) => {
                let head = format!("HTTP/1.1 {status} Injected\r\nContent-Length: 0\r\n");
                let reply = head + "Connection: close\r\n\r\n";
                self.write(client, reply.as_bytes()).await?;
                Ok(End::Close)
            }
            Fault::Stall => std::future::pending().await,
            Fault::Close | Fault::Delay(_) | Fault::Garbage | Fault::Truncate => Ok(End::Close),
        }
    }

    /// Sends something back, if there is anything.
    async fn write(&self, client: &mut TcpStream, reply: &[u8]) -> io::Result<()> {
        if let Some(deed) = self.deed.filter(|_| !reply.is_empty()) {
            self.shared.closes.answer(deed);
        }
        client.write_all(reply).await
    }
}

/// Carries a WebSocket.
async fn carry_socket(
    shared: &Shared,
    client: &mut TcpStream,
    request: Message,
) -> io::Result<End> {
    match shared.rules.take(What::Socket, None) {
        None => {}
        Some(Fault::Delay(delay)) => tokio::time::sleep(delay).await,
        // Half a request that has no body, or none that means anything, is no request.
        Some(Fault::Garbage | Fault::Truncate) => return Ok(End::Close),
        Some(fault) => {
            let asked = Asked { shared, kind: None, deed: None };
            return asked.end(client, fault).await;
        }
    }
    let mut server = connect(shared).await?;
    server.write_all(&request.into_bytes()).await?;
    let reply = Message::read(&mut server).await?;
    let is_open = reply.head.starts_with("HTTP/1.1 101");
    let rest = if is_open { Vec::new() } else { Vec::clone(&reply.body) };
    let first = if is_open { reply.body } else { Vec::new() };
    client.write_all(&[reply.head.into_bytes(), rest].concat()).await?;
    if !is_open {
        return Ok(End::Close);
    }
    frames::carry(shared, client, &mut server, first).await
}

async fn connect(shared: &Shared) -> io::Result<TcpStream> {
    TcpStream::connect((Ipv4Addr::LOCALHOST, shared.server.load(Ordering::Relaxed))).await
}

/// Waits until the client has ended the connection.
async fn hung_up(client: &TcpStream) {
    if matches!(client.peek(&mut [0]).await, Ok(1..)) {
        std::future::pending::<()>().await;
    }
}

fn half(bytes: &[u8]) -> &[u8] {
    bytes.split_at(bytes.len() / 2).0
}
