//! Processes that make no sense: every JSON type in every place, nothing at all, 10 MB, JSON that is
//! deeply nested, halves of characters, keys that mean something to JavaScript, numbers at the limits.
//!
//! They are made of a sound call, one place of which is replaced. What a broker cannot read at all it
//! refuses when it is submitted; everything else is an executor's to end.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};
use webpool_colony::{Process, Request};

use crate::harness::{COLONY, TYPE};

/// The places of a call, with what stands there unless it is replaced.
const PLACES: [(&str, &str); 8] = [
    ("funcname", r#""add""#),
    ("args", "[1, 2]"),
    ("kwargs", "{}"),
    ("fs", "null"),
    ("env", "{}"),
    ("priority", "0"),
    ("maxexectime", "-1"),
    ("maxwaittime", "-1"),
];

/// JSON of every type.
const VALUES: [&str; 36] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "0.5",
    "1e-400",
    "1.7976931348623157e308",
    "1e999",
    "-1e999",
    "4294967296",
    "9007199254740993",
    "18446744073709551616",
    "-9223372036854775809",
    r#""""#,
    r#""a""#,
    r#"" 5 ""#,
    r#""NaN""#,
    r#""-Infinity""#,
    r#""0x10""#,
    r#""\u0000""#,
    r#""\ud800""#,
    r#""\udc00\ud800""#,
    r#""\ud83d\ude00\u202e""#,
    r#""__proto__""#,
    r#""constructor""#,
    "[]",
    "[[]]",
    r#"[null, [true], {"a": []}]"#,
    "{}",
    r#"{"__proto__": {"polluted": true}}"#,
    r#"{"constructor": {"prototype": {"polluted": true}}}"#,
    r#"{"toString": null, "valueOf": 1, "then": {}}"#,
    r#"{"a": 1, "a": "2", "b": 3}"#,
    r#"{"": {"\ud800": null}}"#,
];

/// Functions that are called with one argument of each value; none of them computes for long.
const FUNCTIONS: [&str; 7] =
    ["add", "multiply", "greet", "echo", "fibonacci", "count_primes", "mandelbrot"];

/// How deep JSON is nested; a broker takes 127 levels.
const DEPTHS: [usize; 8] = [10, 100, 120, 124, 127, 128, 1000, 100_000];

/// 10 MB.
const LONG: usize = 10_000_000;

/// A submission of this text, whatever it is.
pub(super) struct Nonsense(String);

impl Serialize for Nonsense {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Request for Nonsense {
    const TYPE: &'static str = "submitfuncspecmsg";
    type Reply = Process;

    fn to_payload(&self) -> String {
        self.0.clone()
    }
}

impl Nonsense {
    /// The call with some of its places replaced.
    fn with(replaced: &[(&str, &str)]) -> Self {
        let conditions = format!(r#"{{"colonyname":"{COLONY}","executortype":"{TYPE}"}}"#);
        let mut spec = format!(r#"{{"conditions":{conditions},"maxretries":0"#);
        for (place, usual) in PLACES {
            let other = replaced.iter().find(|(name, _)| *name == place);
            let value = other.map_or(usual, |(_, value)| value);
            write!(spec, r#","{place}":{value}"#).unwrap_or_default();
        }
        Self(format!(r#"{{"msgtype":"{}","spec":{spec}}}}}"#, Self::TYPE))
    }

    /// The beginning of it, for a person.
    pub(super) fn to_beginning(&self) -> String {
        self.0.chars().take(300).collect()
    }
}

/// All of them.
pub(super) fn all() -> Vec<Nonsense> {
    [values(), deep(), long(), limits()].into_iter().flatten().collect()
}

fn values() -> Vec<Nonsense> {
    let digits = "9".repeat(400);
    let mut all = Vec::new();
    for value in VALUES.into_iter().chain([digits.as_str()]) {
        for function in FUNCTIONS {
            let (name, args) = (format!(r#""{function}""#), format!("[{value}]"));
            all.push(Nonsense::with(&[("funcname", &name), ("args", &args)]));
        }
        for place in ["funcname", "args", "kwargs", "env", "fs"] {
            all.push(Nonsense::with(&[(place, value)]));
        }
        let named = format!(r#"{{"a": {value}, "b": 1}}"#);
        all.push(Nonsense::with(&[("args", "[]"), ("kwargs", &named)]));
        all.push(Nonsense::with(&[("env", &named)]));
        for files in ["mount", "snapshots", "dirs"] {
            all.push(Nonsense::with(&[("fs", &format!(r#"{{"{files}": {value}}}"#))]));
        }
    }
    all
}

fn deep() -> Vec<Nonsense> {
    let mut all = Vec::new();
    for depth in DEPTHS {
        let array = "[".repeat(depth) + &"]".repeat(depth);
        let object = r#"{"a":"#.repeat(depth) + "1" + &"}".repeat(depth);
        for (place, value) in [("args", &array), ("kwargs", &object)] {
            all.push(Nonsense::with(&[("funcname", r#""echo""#), (place, value)]));
        }
        let args = format!("[{object}]");
        all.push(Nonsense::with(&[("funcname", r#""echo""#), ("args", &args)]));
    }
    all
}

fn long() -> Vec<Nonsense> {
    let text = format!(r#""{}""#, "x".repeat(LONG));
    let zeros = format!("[{}0]", "0,".repeat(LONG / 2));
    let one = format!("[{text}]");
    let named = format!("{{{text}: 1}}");
    vec![
        Nonsense::with(&[("funcname", r#""echo""#), ("args", &one)]),
        Nonsense::with(&[("args", &one)]),
        Nonsense::with(&[("args", &zeros)]),
        Nonsense::with(&[("kwargs", &named)]),
        Nonsense::with(&[("funcname", &text)]),
        Nonsense::with(&[("env", &format!(r#"{{"A": {text}}}"#))]),
    ]
}

fn limits() -> Vec<Nonsense> {
    let (most, least) = (i64::MAX.to_string(), i64::MIN.to_string());
    let places =
        [("priority", &most), ("priority", &least), ("maxexectime", &most), ("maxwaittime", &most)];
    places.into_iter().map(|(place, value)| Nonsense::with(&[(place, value)])).collect()
}
