//! Which crate of ours may use which, of ours and of others.
//!
//! What tests use is free. A line is made longer only for a reason that ARCHITECTURE.md or the
//! crate's own documentation gives.

use serde_json::Value;

use super::Finding;
use super::crates::{dependencies, text};

/// What one of our crates may use.
#[derive(Debug)]
struct Uses {
    name: &'static str,
    ours: &'static [&'static str],
    others: &'static [&'static str],
    /// Whether it also may use [`BINDGEN`]: it runs in a browser.
    is_bound: bool,
}

/// The wasm-bindgen family.
const BINDGEN: [&str; 5] =
    ["js-sys", "serde-wasm-bindgen", "wasm-bindgen", "wasm-bindgen-futures", "web-sys"];

const TABLE: [Uses; 16] = [
    native(
        "webpool-kernels",
        &[],
        &["base64", "libm", "num-bigint", "rand_chacha", "serde_json", "sha2", "thiserror"],
    ),
    native("webpool-wire", &[], &["serde", "serde_json"]),
    native(
        "webpool-colony",
        &[],
        &["base64", "colonyos", "k256", "serde", "serde_json", "thiserror", "time"],
    ),
    native("webpool-executor", &["webpool-colony", "webpool-wire"], &["serde_json"]),
    bound("webpool-handle", &["webpool-wire"], &["gloo-timers", "serde"]),
    bound(
        "webpool-worker",
        &["webpool-executor", "webpool-colony", "webpool-wire", "webpool-handle"],
        &["gloo-timers", "gloo-worker", "serde"],
    ),
    bound("webpool-compute", &["webpool-kernels", "webpool-wire"], &["gloo-timers"]),
    bound("webpool", &["webpool-wire", "webpool-handle"], &["gloo-timers", "gloo-worker", "serde"]),
    native("webpool-js", &["webpool"], &[]),
    bound("webpool-www", &["webpool", "webpool-wire"], &["gloo-timers", "leptos"]),
    native(
        "webpool-broker",
        &["webpool-colony"],
        &["rusqlite", "serde", "serde_json", "thiserror", "tracing"],
    ),
    native(
        "webpool-gateway",
        &["webpool-colony", "webpool-wire"],
        &["base64", "serde", "serde_json"],
    ),
    native(
        "webpool-registrar",
        &["webpool-colony", "webpool-wire"],
        &["getrandom", "rusqlite", "sha2", "subtle", "thiserror"],
    ),
    native(
        "webpool-server",
        &[
            "webpool-broker",
            "webpool-colony",
            "webpool-gateway",
            "webpool-registrar",
            "webpool-wire",
        ],
        &SERVER,
    ),
    native("webpool-xtask", &[], &["anyhow", "brotli", "clap", "serde_json", "sha2"]),
    native("webpool-bindgen", &[], &["anyhow", "wasm-bindgen-cli-support"]),
];

const SERVER: [&str; 19] = [
    "anyhow",
    "axum",
    "clap",
    "futures-util",
    "hyper",
    "hyper-util",
    "maud",
    "qrcodegen",
    "reqwest",
    "rlimit",
    "serde_json",
    "thiserror",
    "tokio",
    "tokio-rustls",
    "tokio-tungstenite",
    "tower",
    "tower-http",
    "tracing",
    "tracing-subscriber",
];

const fn native(
    name: &'static str,
    ours: &'static [&'static str],
    others: &'static [&'static str],
) -> Uses {
    Uses { name, ours, others, is_bound: false }
}

const fn bound(
    name: &'static str,
    ours: &'static [&'static str],
    others: &'static [&'static str],
) -> Uses {
    Uses { name, ours, others, is_bound: true }
}

impl Uses {
    fn allows(&self, other: &str) -> bool {
        let is_bindgen = self.is_bound && BINDGEN.contains(&other);
        self.ours.contains(&other) || self.others.contains(&other) || is_bindgen
    }
}

/// Checks one of our packages.
pub(super) fn check(package: &Value) -> Vec<Finding> {
    let name = text(package, "name");
    let Some(uses) = TABLE.iter().find(|uses| uses.name == name) else {
        return vec![Finding::new("Cargo.toml", 1, format!("{name} is not in tidy's table"))];
    };
    dependencies(package)
        .map(|dependency| text(dependency, "name"))
        .filter(|other| !uses.allows(other))
        .map(|other| Finding::new("Cargo.toml", 1, format!("{name} may not use {other}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sentences(name: &str, other: &str, kind: &Value) -> Vec<String> {
        let dependencies = json!([{ "name": other, "kind": kind }]);
        let package = json!({ "name": name, "dependencies": dependencies });
        check(&package).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_table_of_crates_is_kept() {
        let allowed = [
            ("webpool-kernels", "libm"),
            ("webpool-executor", "webpool-colony"),
            ("webpool-worker", "js-sys"),
        ];
        for (name, other) in allowed {
            assert!(sentences(name, other, &Value::Null).is_empty(), "{name} {other}");
        }
        let refused = [
            ("webpool-kernels", "webpool-wire"),
            ("webpool-kernels", "js-sys"),
            ("webpool-executor", "thiserror"),
            ("webpool-www", "colonyos"),
        ];
        for (name, other) in refused {
            assert!(sentences(name, other, &json!("dev")).is_empty(), "{name} {other}");
            let expected = format!("Cargo.toml:1: {name} may not use {other}");
            assert_eq!(sentences(name, other, &Value::Null), [expected]);
        }
        assert_eq!(
            sentences("webpool-new", "libm", &Value::Null),
            ["Cargo.toml:1: webpool-new is not in tidy's table"]
        );
    }
}
