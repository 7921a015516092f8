//! Reads envelopes so that no server can read them differently.
//!
//! A gateway that understands a request otherwise than the server behind it is a hole. Servers read
//! field names in any case, let the later of two win, and mend broken text; so what could be read in
//! two ways is broken here: two names in one object that differ in their case only, names that are
//! not ASCII, text that is not UTF-8, base64 that is not in its one form, anything behind the end.
//! No honest client sends such a thing.

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;
use webpool_colony::{Envelope, Id};

/// Requests that a server answers without looking at who asks.
const PUBLIC: [&str; 2] = ["versionmsg", "getserverinfomsg"];

/// How deep JSON may be nested.
const MAX_DEPTH: usize = 64;

/// A signed envelope with one meaning.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Who signed it.
    pub signer: Id,
    /// Which request it is.
    pub kind: String,
    payload: String,
}

/// What a body turned out to be.
#[derive(Clone, Debug)]
pub enum Body {
    /// A signed envelope.
    Letter(Letter),
    /// One of the two requests that need no signature.
    Public,
    /// An envelope without a signature that holds: what is wrong with it.
    Unsigned(String),
    /// No envelope, or one that could be read in more than one way: why.
    Broken(String),
}

/// Reads the body of a request, or a frame.
pub fn read(body: &[u8]) -> Body {
    let fields = match parse(body) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) => return Body::Broken("it is no JSON object".to_owned()),
        Err(error) => return Body::Broken(error.to_string()),
    };
    let field = |name: &str| {
        let found = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| value.as_str()).unwrap_or_default().to_owned()
    };
    let envelope = Envelope {
        payloadtype: field("payloadtype"),
        payload: field("payload"),
        signature: field("signature"),
    };
    if PUBLIC.contains(&envelope.payloadtype.as_str()) {
        return Body::Public;
    }
    match envelope.signer() {
        Ok(signer) => {
            Body::Letter(Letter { signer, kind: envelope.payloadtype, payload: envelope.payload })
        }
        Err(error) => Body::Unsigned(error.to_string()),
    }
}

impl Letter {
    /// The request in it.
    ///
    /// # Errors
    ///
    /// If it could be read in more than one way, or its type stands in it otherwise than on it.
    pub fn open(&self) -> Result<Value, String> {
        let bytes = STANDARD.decode(&self.payload).map_err(|error| error.to_string())?;
        let value = parse(&bytes).map_err(|error| error.to_string())?;
        let kind = value.get("msgtype").and_then(Value::as_str);
        if kind != Some(self.kind.as_str()) {
            return Err("msgtype is not the type of the envelope".to_owned());
        }
        Ok(value)
    }

    /// What it carries, as a message that is not one of the protocol's.
    ///
    /// # Errors
    ///
    /// If it could be read in more than one way, or is something else.
    pub fn open_as<T: DeserializeOwned>(&self) -> Result<T, String> {
        let bytes = STANDARD.decode(&self.payload).map_err(|error| error.to_string())?;
        let value = parse(&bytes).map_err(|error| error.to_string())?;
        T::deserialize(value).map_err(|error| error.to_string())
    }
}

/// Parses JSON in which every name has one meaning.
fn parse(bytes: &[u8]) -> serde_json::Result<Value> {
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let value = Plain { depth: 0 }.deserialize(&mut source)?;
    source.end()?;
    Ok(value)
}

struct Plain {
    depth: usize,
}

impl Plain {
    fn deeper<E: serde::de::Error>(&self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > MAX_DEPTH { Err(E::custom("nested too deeply")) } else { Ok(Self { depth }) }
    }
}

impl<'de> DeserializeSeed<'de> for Plain {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Plain {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON in which every name has one meaning")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.deeper()?)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = serde_json::Map::new();
        let mut names = BTreeSet::new();
        while let Some(name) = entries.next_key::<String>()? {
            if !name.is_ascii() {
                return Err(A::Error::custom(format!("the name {name} is not ASCII")));
            }
            if !names.insert(name.to_ascii_lowercase()) {
                return Err(A::Error::custom(format!("the name {name} stands there twice")));
            }
            let value = entries.next_value_seed(self.deeper()?)?;
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests;
