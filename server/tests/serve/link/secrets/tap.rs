//! A way to another server that keeps what was sent there.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// An address that passes everything on.
pub(super) struct Tap {
    listener: TcpListener,
}

/// The bytes that went on, of all connections.
pub(super) type Sent = Arc<Mutex<Vec<u8>>>;

impl Tap {
    pub(super) async fn bind() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    /// Where it listens.
    pub(super) fn address(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    /// Passes connections on to a port of this machine.
    pub(super) fn lead_to(self, port: &str) -> Sent {
        let (sent, target) = (Sent::default(), format!("127.0.0.1:{port}"));
        let kept = Arc::clone(&sent);
        tokio::spawn(async move {
            while let Ok((near, _)) = self.listener.accept().await {
                let far = TcpStream::connect(&target).await.unwrap();
                tokio::spawn(pass_on(near, far, Arc::clone(&kept)));
            }
        });
        sent
    }
}

async fn pass_on(near: TcpStream, far: TcpStream, kept: Sent) {
    let ((mut from, mut to), (mut answer, mut asked)) = (far.into_split(), near.into_split());
    let back = tokio::spawn(async move { tokio::io::copy(&mut from, &mut asked).await });
    let mut part = [0; 4096];
    while let Ok(length @ 1..) = answer.read(&mut part).await {
        kept.lock().unwrap().extend_from_slice(&part[..length]);
        if to.write_all(&part[..length]).await.is_err() {
            break;
        }
    }
    back.abort();
}
