//! A connection that has become a WebSocket: frames both ways, each looked at.
//!
//! A frame has a header of 2 bytes, a length of 0, 2 or 8 more, a mask of 4 if it is a client's, and
//! what it says (RFC 6455, section 5.2). Of a message in several fragments the first one has the type.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::closes::{Carrier, Deed, body_in_frame};
use super::{End, Fault, Shared, What};

/// So much of a message tells its type, in bytes.
const BEGINNING: usize = 512;

/// The name before a message's type.
const NAME: &str = "payloadtype";

/// What a reply has in its beginning if the server has done as it was asked.
const ACCEPTED: &str = "\"status\":200,";

/// The first byte of a frame that is a whole text.
const TEXT: u8 = 0x81;

/// The bits of a header: what a frame is; that it has a mask; its length.
const OPCODE: u8 = 0x0f;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7f;

/// What was asked and is not answered yet, by its number; without one, the greeting.
type Asked = Mutex<HashMap<Option<u64>, Question>>;

/// What a message asks, or answers.
#[derive(Clone, Debug)]
struct Question {
    kind: String,
    /// What it is to do to a process, if that matters.
    deed: Option<Deed>,
}

/// The type of a message, by its beginning.
pub(super) fn kind_of(message: &[u8]) -> Option<String> {
    let beginning = message.get(..BEGINNING.min(message.len()))?;
    let text = String::from_utf8_lossy(beginning);
    let (_, rest) = text.split_once(NAME)?;
    let rest = rest.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let kind: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
    (!kind.is_empty()).then_some(kind)
}

/// Carries frames until a side ends, or a fault; `first` has come from the server already.
pub(super) async fn carry(
    shared: &Shared,
    client: &mut TcpStream,
    server: &mut TcpStream,
    first: Vec<u8>,
) -> io::Result<End> {
    let asked = Asked::default();
    let end = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let from_server = first.as_slice().chain(from_server);
        tokio::select! {
            end = pump(shared, What::Request, from_client, to_server, &asked) => end?,
            end = pump(shared, What::Reply, from_server, to_client, &asked) => end?,
        }
    };
    // Both connections are kept meanwhile: neither side hears anything.
    let Some(end) = end else { return std::future::pending().await };
    Ok(end)
}

/// Carries frames one way; none if all is silent from now on.
async fn pump(
    shared: &Shared,
    what: What,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    asked: &Asked,
) -> io::Result<Option<End>> {
    loop {
        let frame = Frame::read(&mut from).await?;
        let question = frame.question(what, asked);
        if let Some(deed) = question.as_ref().and_then(|question| question.deed.as_ref()) {
            match what {
                What::Request => {
                    let body = body_in_frame(&frame.said(usize::MAX)).unwrap_or_default();
                    shared.closes.begin(deed, &body, Carrier::Frame);
                }
                What::Reply => shared.closes.enter(deed, frame.is_accepted()),
                What::Socket => {}
            }
        }
        match question.and_then(|question| shared.rules.take(what, Some(&question.kind))) {
            None => to.write_all(&frame.to_bytes()).await?,
            Some(Fault::Delay(delay)) => {
                tokio::time::sleep(delay).await;
                to.write_all(&frame.to_bytes()).await?;
            }
            Some(Fault::Garbage) => to.write_all(&frame.to_garbage()).await?,
            Some(Fault::Truncate) => {
                let bytes = frame.to_bytes();
                to.write_all(bytes.split_at(bytes.len() / 2).0).await?;
                return Ok(Some(End::Close));
            }
            Some(Fault::Close | Fault::Status(_)) => return Ok(Some(End::Close)),
            Some(Fault::Reset) => return Ok(Some(End::Reset)),
            Some(Fault::Stall) => return Ok(None),
        }
    }
}

/// A frame as it came.
struct Frame {
    header: [u8; 2],
    /// The rest of the length.
    length: Vec<u8>,
    /// Empty if there is none.
    mask: Vec<u8>,
    payload: Vec<u8>,
}

impl Frame {
    async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let mut header = [0; 2];
        from.read_exact(&mut header).await?;
        let [_, second] = header;
        let short = second & LENGTH;
        let mut length = vec![
            0;
            match short {
                126 => 2,
                127 => 8,
                _ => 0,
            }
        ];
        from.read_exact(&mut length).await?;
        let long = length.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        let size = if length.is_empty() { u64::from(short) } else { long };
        let mut mask = vec![0; if second & MASKED == 0 { 0 } else { 4 }];
        from.read_exact(&mut mask).await?;
        let mut payload = Vec::new();
        let read = from.take(size).read_to_end(&mut payload).await?;
        if u64::try_from(read).is_ok_and(|read| read < size) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Self { header, length, mask, payload })
    }

    /// What the message that begins with this frame asks, or what it answers.
    fn question(&self, what: What, asked: &Asked) -> Option<Question> {
        let [first, _] = self.header;
        if first & OPCODE != TEXT & OPCODE {
            return None;
        }
        let beginning = self.said(BEGINNING);
        let text = String::from_utf8_lossy(&beginning);
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        let number = number_in(&text);
        if what == What::Request {
            let kind = kind_of(&beginning)?;
            let body = body_in_frame(&self.said(usize::MAX));
            let deed = body.and_then(|body| Deed::find(&kind, &body));
            let question = Question { kind, deed };
            asked.insert(number, question.clone());
            return Some(question);
        }
        let is_answer = ["{\"reply\"", "{\"welcome\"", "{\"refused\""]
            .into_iter()
            .any(|beginning| text.starts_with(beginning));
        if is_answer { asked.remove(&number) } else { None }
    }

    /// Whether it says that what was asked is done.
    fn is_accepted(&self) -> bool {
        String::from_utf8_lossy(&self.said(BEGINNING)).contains(ACCEPTED)
    }

    /// What it says, unmasked, up to so many bytes.
    fn said(&self, most: usize) -> Vec<u8> {
        let beginning = self.payload.iter().take(most);
        if self.mask.is_empty() {
            return beginning.copied().collect();
        }
        beginning.zip(self.mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
    }

    fn to_bytes(&self) -> Vec<u8> {
        [&self.header, self.length.as_slice(), &self.mask, &self.payload].concat()
    }

    /// A text frame from the same side that means nothing.
    fn to_garbage(&self) -> Vec<u8> {
        let text = b"?{";
        let length = u8::try_from(text.len()).unwrap_or_default();
        let is_masked = if self.mask.is_empty() { 0 } else { MASKED };
        let no_mask = vec![0; self.mask.len()];
        [&[TEXT, is_masked | length], no_mask.as_slice(), text].concat()
    }
}

/// The number of a request or of the request that is answered.
fn number_in(text: &str) -> Option<u64> {
    let (before, rest) = text.split_once("\"id\":")?;
    // What stands in a body is no number of the frame.
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    if before.contains(NAME) { None } else { digits.parse().ok() }
}
