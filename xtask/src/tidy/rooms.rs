//! One room per line: which names may stand in which folder.
//!
//! A name is looked for in code (a whole word, a word's beginning, or a name taken from
//! `web_sys`) or in strings. Tests may name anything but the upstream `colonyos`.

use super::Finding;
use crate::source::{Source, has_ending};

/// What is looked for.
#[derive(Debug, Clone, Copy)]
enum Name {
    /// A whole word of the code.
    Word(&'static str),
    /// The beginning of a word of the code.
    Beginning(&'static str),
    /// A name taken from `web_sys`; `Html*` stands for every name that begins so.
    Web(&'static str),
    /// The beginning of a string.
    Text(&'static str),
}

use Name::{Beginning, Text, Web, Word};

/// Names and the only places they may stand in.
#[derive(Debug)]
struct Room {
    what: &'static str,
    names: &'static [Name],
    /// Files, or folders with a trailing `/`.
    places: &'static [&'static str],
}

const ROOMS: [Room; 8] = [
    Room {
        what: "a native worker",
        names: &[Web("Worker"), Web("SharedWorker")],
        // The second place names the worker that it lends to gloo-worker.
        places: &["crates/handle/", "src/handle.rs"],
    },
    Room {
        what: "gloo-worker",
        names: &[Word("gloo_worker")],
        places: &["src/handle.rs", "worker/src/lib.rs"],
    },
    Room {
        what: "the document",
        names: &[
            Web("Document"),
            Web("Element"),
            Web("Html*"),
            Word("leptos"),
            Word("get_element_by_id"),
            Text("\"document\""),
        ],
        places: &["www/"],
    },
    Room {
        what: "the network",
        names: &[
            Beginning("fetch_with_"),
            Web("WebSocket"),
            Web("EventSource"),
            Web("XmlHttpRequest"),
            Text("\"fetch\""),
            Text("\"WebSocket\""),
        ],
        places: &[
            "worker/src/fetch.rs",
            "worker/src/pubsub.rs",
            "worker/src/link.rs",
            "src/modules.rs",
        ],
    },
    Room {
        what: "SQL",
        names: &[
            Text("\"SELECT "),
            Text("\"INSERT "),
            Text("\"UPDATE "),
            Text("\"DELETE FROM "),
            Text("\"CREATE TABLE "),
            Text("\"PRAGMA "),
        ],
        places: &[
            "crates/broker/src/store.rs",
            "crates/broker/src/store/",
            "crates/registrar/src/store.rs",
            "crates/registrar/src/store/",
        ],
    },
    Room {
        what: "the driver of SQLite",
        names: &[Word("rusqlite")],
        places: &["crates/broker/", "crates/registrar/"],
    },
    Room {
        what: "the upstream client",
        names: &[Word("colonyos")],
        places: &["crates/colony/", "tests/", "crates/broker/tests/", "server/tests/"],
    },
    Room {
        what: "anyhow",
        names: &[Word("anyhow")],
        places: &["server/src/main.rs", "xtask/", "tests/"],
    },
];

/// Names that a worker's loader must leave to Rust.
const LOADER_NAMES: [&str; 4] = ["document", "fetch", "WebSocket", "XMLHttpRequest"];

/// Checks one file.
pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let path = source.path.as_str();
    if has_ending(path, "js") && !path.starts_with("www/") {
        return check_loader(source);
    }
    if has_ending(path, "sql") && !path.ends_with("/schema.sql") {
        return vec![Finding::new(path, 1, "SQL stands in store.rs and schema.sql only")];
    }
    if !source.is_rust() || path.starts_with("xtask/") {
        return Vec::new();
    }
    let web = web_names(source);
    let rooms = ROOMS.iter().filter(|room| !room.places.iter().any(|place| is_in(path, place)));
    rooms.flat_map(|room| strangers(source, room, &web)).collect()
}

fn is_in(path: &str, place: &str) -> bool {
    path == place || (place.ends_with('/') && path.starts_with(place))
}

/// Finds the lines that name what belongs into another room.
fn strangers(source: &Source, room: &Room, web: &[(usize, String)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, line) in source.numbered() {
        if line.is_test && room.what != "the upstream client" {
            continue;
        }
        let is_here = |name: &Name| match *name {
            Word(word) => words(&line.code).any(|other| other == word),
            Beginning(start) => words(&line.code).any(|other| other.starts_with(start)),
            Text(start) => line.strings.contains(start),
            Web(name) => web.iter().any(|(other, word)| *other == at && matches(name, word)),
        };
        if room.names.iter().any(is_here) {
            let sentence = format!("{} is named outside {}", room.what, room.places.join(", "));
            findings.push(Finding::new(&source.path, at, sentence));
        }
    }
    findings
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|char: char| !char.is_alphanumeric() && char != '_').filter(|word| !word.is_empty())
}

/// Lists what a file takes from `web_sys`, by `web_sys::Name` or `use web_sys::{…}`.
fn web_names(source: &Source) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    let mut is_in_list = false;
    for (at, line) in source.numbered() {
        let mut code = line.code.as_str();
        while !code.is_empty() {
            if is_in_list {
                let (list, rest) = code.split_once('}').unwrap_or((code, ""));
                names.extend(words(list).map(|word| (at, word.to_owned())));
                is_in_list = !code.contains('}');
                code = rest;
                continue;
            }
            let Some((_, rest)) = code.split_once("web_sys::") else { break };
            is_in_list = rest.starts_with('{');
            if !is_in_list {
                names.extend(words(rest).next().map(|word| (at, word.to_owned())));
            }
            code = rest;
        }
    }
    names
}

fn check_loader(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, line) in source.numbered() {
        let code = line.code.split("//").next().unwrap_or_default();
        for name in words(code).filter(|word| LOADER_NAMES.contains(word)) {
            let sentence = format!("a loader names `{name}`, which is the work of Rust");
            findings.push(Finding::new(&source.path, at, sentence));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&Source::new(path, text)).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn each_room_keeps_its_names() {
        let cases: [(&str, &str, &str, &[usize]); 12] = [
            ("src/a.rs", "crates/handle/src/lib.rs", "let a: web_sys::Worker;", &[1]),
            ("src/a.rs", "crates/handle/src/a.rs", "use web_sys::{\n Event,\n Worker,\n};", &[3]),
            ("src/a.rs", "src/handle.rs", "use gloo_worker::Spawner;", &[1]),
            ("src/a.rs", "www/src/a.rs", "use web_sys::{Event, HtmlElement};", &[1]),
            ("src/a.rs", "worker/src/fetch.rs", "scope.fetch_with_request(&a)", &[1]),
            ("worker/src/lib.rs", "worker/src/pubsub.rs", "web_sys::WebSocket::new()", &[1]),
            ("compute/src/lib.rs", "src/modules.rs", "get(\"fetch\")", &[1]),
            ("server/src/a.rs", "crates/broker/src/store/a.rs", "a(\"SELECT 1\")", &[1]),
            ("crates/broker/src/a.rs", "crates/broker/src/store.rs", "a(\"UPDATE a\")", &[1]),
            ("server/src/a.rs", "crates/broker/src/error.rs", "use rusqlite::Row;", &[1]),
            ("server/src/a.rs", "tests/e2e/main.rs", "use colonyos::core;", &[1]),
            ("server/src/a.rs", "server/src/main.rs", "use anyhow::Result;", &[1]),
        ];
        for (stranger, room, text, found) in cases {
            assert_eq!(lines(stranger, text), found, "{text} in {stranger}");
            assert!(lines(room, text).is_empty(), "{text} in {room}");
        }
    }

    #[test]
    fn comments_options_and_tests_are_free() {
        assert!(lines("src/a.rs", "// web_sys::Worker, rusqlite").is_empty());
        assert!(lines("src/a.rs", "use web_sys::WorkerOptions;").is_empty());
        assert!(lines("src/a.rs", "#[cfg(test)]\nmod tests { use rusqlite::Row; }").is_empty());
        assert_eq!(lines("src/a.rs", "#[cfg(test)]\nuse colonyos::core;"), [2]);
    }

    #[test]
    fn loaders_and_sql_have_their_place() {
        assert_eq!(lines("worker/loader.js", "// fetch\nfetch(a);"), [2]);
        assert_eq!(lines("crates/broker/src/a.sql", "SELECT 1;"), [1]);
        assert!(lines("crates/broker/src/schema.sql", "SELECT 1;").is_empty());
    }
}
