//! Private keys, ids and signatures.
//!
//! A private key is 32 bytes, written as 64 hex digits. An id is the SHA3-256 of the hex digits of
//! the uncompressed public key, again 64 hex digits. A signature is 65 bytes as 130 hex digits:
//! r (32), s (32), v (1, 0..=3); secp256k1 ECDSA over SHA3-256, RFC 6979 nonce, s in the lower half.
//!
//! Making keys and signing is the `colonyos` crate's work. Recovering a signer is done here, since
//! the crate's `recid` panics on a signature that comes from outside.
//!
//! A private key never leaves its [`PrivateKey`] but through [`PrivateKey::to_hex`], and its
//! `Debug` prints the type name alone.

use std::fmt;

use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::error::SignatureError;

/// The order of the curve's group, big-endian: r and s of a signature lie below it.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

/// Who somebody is: 64 lower-case hex digits, derived from a public key.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(String);

impl Id {
    /// Takes an id as it stands on the wire; nothing is checked, the server compares the text.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The 64 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A private key that is known to be valid, so signing with it cannot fail.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKey(String);

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey")
    }
}

/// Why a text is no private key. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text has another length than 64.
    #[error("a private key has 64 hex digits, this has {0}")]
    Length(usize),
    /// A character is no hex digit.
    #[error("a private key consists of the hex digits 0-9 and a-f only")]
    Digit,
    /// The number is zero or not below the order of the curve's group.
    #[error("these 64 digits are no private key of the curve secp256k1")]
    Range,
}

impl PrivateKey {
    /// Makes a fresh random key (from the operating system's or the browser's random source).
    pub fn generate() -> Self {
        Self(colonyos::crypto::gen_prvkey())
    }

    /// Reads 64 hex digits; white space around them is dropped.
    ///
    /// # Errors
    ///
    /// A [`KeyError`] that says which rule is broken.
    ///
    /// ```
    /// use webpool_colony::PrivateKey;
    /// let key = PrivateKey::from_hex("ddf7f7791208083b6a9ed975a72684f6406a269cfa36f1b1c32045c0a71fff05")?;
    /// assert!(key.id().as_str().starts_with("3fc05cf3"));
    /// assert!(PrivateKey::from_hex("secret").is_err());
    /// # Ok::<(), webpool_colony::key::KeyError>(())
    /// ```
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        let text = text.trim().to_ascii_lowercase();
        if text.len() != 64 {
            return Err(KeyError::Length(text.chars().count()));
        }
        let bytes = bytes_from_hex(&text).map_err(|_| KeyError::Digit)?;
        k256::SecretKey::from_slice(&bytes).map_err(|_| KeyError::Range)?;
        Ok(Self(text))
    }

    /// The 64 hex digits; handle with care.
    pub fn to_hex(&self) -> &str {
        &self.0
    }

    /// The id that belongs to this key.
    pub fn id(&self) -> Id {
        Id(colonyos::crypto::gen_id(&self.0))
    }

    /// Signs the UTF-8 bytes of `message`; the result has 130 hex digits. Cost: 0.3 ms in wasm.
    pub fn sign(&self, message: &str) -> String {
        colonyos::crypto::gen_signature(message, &self.0)
    }
}

/// Recovers who signed `message`.
///
/// Upper-case digits and v + 4 are accepted, as the reference server does.
///
/// # Errors
///
/// A [`SignatureError`] whose text is the reference server's.
///
/// ```
/// use webpool_colony::key::{PrivateKey, recover};
/// let key = PrivateKey::generate();
/// assert_eq!(recover("hello", &key.sign("hello")), Ok(key.id()));
/// assert!(recover("hello", "abc").is_err());
/// ```
pub fn recover(message: &str, signature: &str) -> Result<Id, SignatureError> {
    let bytes = bytes_from_hex(signature)?;
    let (Ok(bytes), true) = (<[u8; 65]>::try_from(bytes.as_slice()), bytes.len() == 65) else {
        return Err(SignatureError::Length);
    };
    let [rs @ .., v] = bytes;
    if v > 7 {
        return Err(SignatureError::RecoveryCode(u16::from(v) + 27));
    }
    check_range(&rs)?;
    let recovery = RecoveryId::from_byte(v & 3).ok_or(SignatureError::Impossible)?;
    let signature = Signature::from_slice(&rs).map_err(|_| SignatureError::Impossible)?;
    let digest = bytes_from_hex(&colonyos::crypto::gen_hash(message))?;
    // k256 recovers from a low s only; the same point belongs to n - s and the other parity
    let low = signature.normalize_s();
    let parity = RecoveryId::new(recovery.is_y_odd() ^ low.is_some(), recovery.is_x_reduced());
    let key =
        VerifyingKey::recover_from_prehash(&digest, low.as_ref().unwrap_or(&signature), parity)
            .map_err(|_| SignatureError::Impossible)?;
    if low.is_some() {
        return Err(SignatureError::HighS);
    }
    let public = hex_from_bytes(key.to_encoded_point(false).as_bytes());
    Ok(Id(colonyos::crypto::gen_hash(&public)))
}

/// The SHA3-256 of a text's UTF-8 bytes, as 64 lower-case hex digits.
pub fn hash(text: &str) -> String {
    colonyos::crypto::gen_hash(text)
}

fn check_range(rs: &[u8; 64]) -> Result<(), SignatureError> {
    let (r, s) = rs.split_at(32);
    for (part, name) in [(r, 'R'), (s, 'S')] {
        if part.iter().all(|byte| *byte == 0) {
            return Err(SignatureError::Zero(name));
        }
        if part >= ORDER.as_slice() {
            return Err(SignatureError::Order(name));
        }
    }
    Ok(())
}

/// Writes bytes as lower-case hex digits.
pub fn hex_from_bytes(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads hex digits of either case.
///
/// # Errors
///
/// [`SignatureError::Digit`] at the first character that is no digit, else
/// [`SignatureError::OddLength`]: the order in which the reference server reports them.
pub fn bytes_from_hex(text: &str) -> Result<Vec<u8>, SignatureError> {
    let mut nibbles = Vec::with_capacity(text.len());
    for character in text.chars() {
        let nibble = character.to_digit(16).ok_or(SignatureError::Digit(character))?;
        nibbles.push(u8::try_from(nibble).unwrap_or_default());
    }
    let (pairs, rest) = nibbles.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(SignatureError::OddLength);
    }
    Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}
