//! The secrets: what an invite's link carries, what a visit is marked with, what an operator has, and
//! what is kept of them.
//!
//! A [`Token`] is 128 random bits as 26 characters of an alphabet without look-alikes (Crockford's
//! base 32, lower case); an [`InviteId`] is 40 of them as 8 and no secret. Reading takes either case,
//! `o` for 0, `i` and `l` for 1. What is kept of a secret is a [`Digest`], its SHA-256: all have
//! so many bits that nobody finds one for a digest, so it needs neither salt nor many rounds.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::error::{Error, Refusal};

/// The digits 0 to 31.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// How many characters a token has.
const TOKEN_CHARS: u32 = 26;

/// How many characters an invite's id has.
const ID_CHARS: u32 = 8;

/// How many hex digits mark a visit.
const VISIT_CHARS: usize = 32;

/// A secret: of an invite, or an operator's. Its `Debug` prints the type name alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(u128);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl Token {
    /// Makes one of these random bits.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// Makes a fresh one.
    ///
    /// # Errors
    ///
    /// [`Error::Random`].
    pub fn generate() -> Result<Self, Error> {
        random().map(Self::from_bytes)
    }

    /// Reads what [`Self::to_text`] gives; none if it is no token.
    ///
    /// ```
    /// use webpool_registrar::Token;
    /// let token = Token::from_bytes([7; 16]);
    /// assert_eq!(Token::from_text(&token.to_text()), Some(token));
    /// assert_eq!(Token::from_text("guess"), None);
    /// ```
    pub fn from_text(text: &str) -> Option<Self> {
        read(text, TOKEN_CHARS).map(Self)
    }

    /// The 26 characters; handle with care.
    pub fn to_text(&self) -> String {
        write(self.0, TOKEN_CHARS)
    }

    /// What may be kept of it.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0.to_be_bytes())
    }
}

/// What an invite is called; no secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InviteId(String);

impl InviteId {
    /// Makes one of the last 40 of these random bits.
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(write(u128::from_be_bytes(bytes), ID_CHARS))
    }

    /// Reads an id as it is printed; none if it is no id.
    pub fn from_text(text: &str) -> Option<Self> {
        read(text, ID_CHARS).map(|value| Self(write(value, ID_CHARS)))
    }

    /// An id of the file.
    pub(crate) const fn kept(text: String) -> Self {
        Self(text)
    }

    /// The 8 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InviteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is kept of a secret. Its `Debug` prints the type name alone.
#[derive(Clone)]
pub struct Digest([u8; 32]);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest")
    }
}

impl Digest {
    fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// What is kept of a visit's mark.
    pub(crate) fn of_visit(mark: &str) -> Result<Self, Error> {
        let is_hex = mark.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        if mark.len() != VISIT_CHARS || !is_hex {
            return Err(Refusal::BadVisit.into());
        }
        Ok(Self::of(mark.as_bytes()))
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether it is what is kept of this secret, compared in constant time.
    ///
    /// ```
    /// use webpool_registrar::Token;
    /// let kept = Token::from_bytes([7; 16]).digest();
    /// assert!(kept.is_of(&Token::from_bytes([7; 16])));
    /// assert!(!kept.is_of(&Token::from_bytes([8; 16])));
    /// ```
    pub fn is_of(&self, token: &Token) -> bool {
        token.digest().is(&self.0)
    }

    /// Compares with what is kept, in constant time.
    pub(crate) fn is(&self, kept: &[u8]) -> bool {
        self.0.ct_eq(kept).into()
    }
}

fn write(value: u128, chars: u32) -> String {
    let digit = |place: u32| {
        let digit = usize::try_from(value.unbounded_shr(place.saturating_mul(5)) & 31);
        digit.ok().and_then(|digit| ALPHABET.get(digit)).map_or('0', |digit| char::from(*digit))
    };
    (0..chars).rev().map(digit).collect()
}

fn read(text: &str, chars: u32) -> Option<u128> {
    if u32::try_from(text.len()) != Ok(chars) {
        return None;
    }
    text.bytes().try_fold(0_u128, |value, byte| {
        let byte = match byte.to_ascii_lowercase() {
            b'o' => b'0',
            b'i' | b'l' => b'1',
            other => other,
        };
        let digit = ALPHABET.iter().position(|other| *other == byte)?;
        value.checked_mul(32)?.checked_add(u128::try_from(digit).ok()?)
    })
}

/// Bytes from the operating system's random source.
pub(crate) fn random() -> Result<[u8; 16], Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_as_text() {
        for (bytes, text) in
            [([0; 16], "00000000000000000000000000"), ([255; 16], "7zzzzzzzzzzzzzzzzzzzzzzzzz")]
        {
            let token = Token::from_bytes(bytes);
            assert_eq!(token.to_text(), text);
            assert_eq!(Token::from_text(text), Some(token));
        }
        let token = Token::from_text("0123456789abcdefghjkmnpqrs");
        assert_eq!(Token::from_text("OI23456789ABCDEFGHJKMNPQRS"), token);
        assert_eq!(Token::from_text("ol23456789abcdefghjkmnpqrs"), token);
        let too_big = "8zzzzzzzzzzzzzzzzzzzzzzzzz";
        for text in ["", "0", too_big, "u0000000000000000000000000", "ä000000000000000000000000"] {
            assert_eq!(Token::from_text(text), None, "{text}");
        }
    }

    #[test]
    fn ids_as_text() {
        let id = InviteId::from_bytes([0xab; 16]);
        assert_eq!(id.as_str(), "nentqaxb");
        assert_eq!(InviteId::from_text(&id.as_str().to_uppercase()), Some(id));
        assert_eq!(InviteId::from_text("1234567"), None);
    }

    #[test]
    fn visits_are_32_hex_digits() {
        assert!(Digest::of_visit(&"0f".repeat(16)).is_ok());
        for mark in ["", "0f", &"0F".repeat(16), &"0g".repeat(16), &"0f".repeat(17)] {
            assert!(matches!(Digest::of_visit(mark), Err(Error::Refused(Refusal::BadVisit))));
        }
    }

    #[test]
    fn secrets_do_not_show() {
        let token = Token::from_bytes([1; 16]);
        assert_eq!(format!("{token:?} {:?}", token.digest()), "Token Digest");
        assert!(token.digest().is(token.digest().as_bytes()));
        assert!(!token.digest().is(Token::from_bytes([2; 16]).digest().as_bytes()));
        assert!(!token.digest().is(&[]));
    }
}
