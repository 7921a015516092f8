//! What can go wrong between us and a ColonyOS server, and what to do about it.
//!
//! An [`Error`] keeps the HTTP status and the server's own sentence. [`Error::advice`] is the one
//! place where retrying is decided.

/// What a request came to, when it did not come to a result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing came back: no connection, connection lost, time-out. `reason` is the carrier's text.
    #[error("cannot reach the server: {reason}")]
    Unreachable {
        /// What the carrier said.
        reason: String,
    },
    /// The server answered with an error of its own.
    #[error("{message} (status {status})")]
    Refused {
        /// HTTP status, 400..=599.
        status: u16,
        /// The server's sentence, as sent.
        message: String,
    },
    /// Something answered that does not speak the protocol, or not a whole reply.
    #[error("the server's reply makes no sense (status {status}): {excerpt}")]
    Malformed {
        /// HTTP status.
        status: u16,
        /// What was wrong, with the first characters of the reply.
        excerpt: String,
    },
    /// The reply is longer than who carries it reads.
    #[error("the server's reply has {size_bytes} bytes, allowed are {limit_bytes}")]
    TooLarge {
        /// Size of the reply, in bytes.
        size_bytes: u64,
        /// What is allowed, in bytes.
        limit_bytes: u64,
    },
}

/// What to do after an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Try the same request again, after a delay.
    Retry,
    /// This request will never be accepted, but others may: drop it.
    Drop,
    /// Who asks has no standing (any more): nothing else will be accepted either.
    Stop,
}

impl Error {
    /// Decides what to do after this error.
    ///
    /// A server writes some final refusals with status 500; they are known by their sentence.
    pub fn advice(&self) -> Advice {
        match self {
            Self::TooLarge { .. } | Self::Malformed { status: 200 | 413, .. } => Advice::Drop,
            Self::Unreachable { .. } | Self::Malformed { .. } => Advice::Retry,
            Self::Refused { status, message } => refusal_advice(*status, message),
        }
    }

    /// Whether what was sent is too long for the server, or for something in front of it.
    pub fn is_too_long(&self) -> bool {
        matches!(self, Self::Refused { status: 413, .. } | Self::Malformed { status: 413, .. })
    }

    /// The server's own sentence, if it said one.
    pub fn server_sentence(&self) -> Option<&str> {
        match self {
            Self::Refused { message, .. } => Some(message),
            Self::Unreachable { .. } | Self::Malformed { .. } | Self::TooLarge { .. } => None,
        }
    }

    /// Whether the colony itself is unknown to the server.
    pub fn is_colony_unknown(&self) -> bool {
        self.server_sentence().is_some_and(|sentence| {
            sentence.starts_with("Colony with name") && sentence.contains("does not exist")
        })
    }

    /// Whether the name that is to be added is there already: perhaps by an earlier attempt whose
    /// reply was lost.
    pub fn is_already_there(&self) -> bool {
        self.server_sentence().is_some_and(|sentence| sentence.contains("already exists"))
    }
}

fn refusal_advice(status: u16, message: &str) -> Advice {
    let is_final = message.ends_with("is nil") || message.contains("not found");
    match status {
        403 if message.contains("not a member of Colony") => Advice::Stop,
        403 if message.contains("does not exist") => Advice::Stop,
        403 if message.starts_with("Access denied") => Advice::Stop,
        408 | 425 | 429 | 502 | 503 | 504 => Advice::Retry,
        500..=599 if is_final => Advice::Drop,
        500..=599 => Advice::Retry,
        _ => Advice::Drop,
    }
}

/// Why nobody can be recovered from a signature; the texts are the reference server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not 65 bytes.
    #[error("Invalid signature length")]
    Length,
    /// An odd number of hex digits.
    #[error("encoding/hex: odd length hex string")]
    OddLength,
    /// A character that is no hex digit.
    #[error("encoding/hex: invalid byte: U+{code:04X} '{0}'", code = u32::from(*.0))]
    Digit(char),
    /// v is outside 0..=7.
    #[error(
        "Failed to recover public key: invalid signature: public key recovery code {0} is not in \
         the valid range [27, 34]"
    )]
    RecoveryCode(u16),
    /// r or s is zero.
    #[error("Failed to recover public key: invalid signature: {0} is 0")]
    Zero(char),
    /// r or s is not below the order of the group.
    #[error("Failed to recover public key: invalid signature: {0} >= group order")]
    Order(char),
    /// No point of the curve belongs to r and v.
    #[error("Failed to recover public key: invalid signature: signature R + N >= P")]
    Impossible,
    /// s lies in the upper half.
    #[error("Failed verify signature: Signature s value is over half the order")]
    HighS,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, message: &str) -> Error {
        Error::Refused { status, message: message.to_owned() }
    }

    #[test]
    fn advice_table() {
        let cases = [
            (Error::Unreachable { reason: "reset".to_owned() }, Advice::Retry),
            (Error::Malformed { status: 200, excerpt: String::new() }, Advice::Drop),
            (Error::Malformed { status: 502, excerpt: "<html>".to_owned() }, Advice::Retry),
            (Error::Malformed { status: 413, excerpt: "<html>".to_owned() }, Advice::Drop),
            (Error::TooLarge { size_bytes: 9, limit_bytes: 8 }, Advice::Drop),
            (refused(403, "Access denied, not a member of Colony with name <dev>"), Advice::Stop),
            (refused(403, "Colony with name <dev> does not exists"), Advice::Stop),
            (refused(403, "Access denied, not colony owner"), Advice::Stop),
            (
                refused(403, "Failed to close process as failed, process is not assigned"),
                Advice::Drop,
            ),
            (refused(400, "Tried to set cancelled process as successful"), Advice::Drop),
            (refused(404, "Failed to get process, process not found"), Advice::Drop),
            (refused(500, "Failed to close process as successful, process is nil"), Advice::Drop),
            (refused(500, "pq: too many clients"), Advice::Retry),
            (refused(503, "No processes available: colony assignments are paused"), Advice::Retry),
        ];
        for (error, advice) in cases {
            assert_eq!(error.advice(), advice, "{error}");
        }
    }
}
