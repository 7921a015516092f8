//! What our crates are made of: who uses what (in `uses`), what may end up in which module,
//! the licences of everything, and the pin of wasm-bindgen.
//!
//! The facts come from `cargo metadata`. What tests use is free, and so are the packages
//! under `tests/`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Finding, uses};
use crate::repo::{Repo, WASM_TARGET};
use crate::source::Source;

const CRYPTOGRAPHY: [&str; 4] = ["colonyos", "ecdsa", "k256", "webpool-colony"];

/// What must not be linked, not even by another crate, into which module.
const NEVER_IN: [(&str, &[&str]); 3] = [
    ("webpool-www", &CRYPTOGRAPHY),
    ("webpool-js", &CRYPTOGRAPHY),
    ("webpool-compute", &CRYPTOGRAPHY),
];

/// Licences that ask for no more than a notice, or for their own files only (MPL).
const LICENCES: [&str; 13] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Zlib",
];

/// Checks the dependencies.
pub(crate) fn check(repo: &Repo, sources: &[Source]) -> Result<Vec<Finding>> {
    let all = repo.metadata(&[])?;
    let wasm = repo.metadata(&["--filter-platform", WASM_TARGET])?;
    let mut findings = Vec::new();
    for package in packages(&all)? {
        findings.extend(licence(package, sources));
        if is_judged(package, repo) {
            findings.extend(uses::check(package));
        }
    }
    findings.extend(pin(&all)?);
    findings.extend(linked(&wasm)?);
    Ok(findings)
}

/// Tells whether a package is ours and no test.
fn is_judged(package: &Value, repo: &Repo) -> bool {
    let is_ours = package.get("source").is_some_and(Value::is_null);
    is_ours && !Path::new(text(package, "manifest_path")).starts_with(repo.root.join("tests"))
}

fn packages(metadata: &Value) -> Result<&Vec<Value>> {
    metadata.get("packages").and_then(Value::as_array).context("cargo metadata has no packages")
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Names a package's dependencies, those of its tests aside.
pub(super) fn dependencies(package: &Value) -> impl Iterator<Item = &Value> {
    let all = package.get("dependencies").and_then(Value::as_array);
    all.into_iter().flatten().filter(|dependency| text(dependency, "kind") != "dev")
}

fn licence(package: &Value, sources: &[Source]) -> Option<Finding> {
    let expression = text(package, "license");
    if is_allowed(expression) {
        return None;
    }
    let name = text(package, "name");
    let wanted = format!("name = \"{name}\"");
    let lock = sources.iter().find(|source| source.path == "Cargo.lock");
    let at = lock
        .and_then(|lock| lock.numbered().find(|(_, line)| line.text == wanted))
        .map_or(1, |(at, _)| at);
    let licence = if expression.is_empty() { "no licence" } else { expression };
    Some(Finding::new("Cargo.lock", at, format!("{name} has {licence}, which is not listed")))
}

/// Judges an SPDX expression: `OR` binds less than `AND`, and parentheses group.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let any = split_outside(&expression, " OR ");
    if any.len() > 1 {
        return any.into_iter().any(is_allowed);
    }
    let all = split_outside(&expression, " AND ");
    if all.len() > 1 {
        return all.into_iter().all(is_allowed);
    }
    let one = expression.trim();
    match one.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => is_allowed(inner),
        None => LICENCES.contains(&one),
    }
}

/// Splits at a separator that stands in no parentheses.
fn split_outside<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(separator) {
        let part = text.get(start..at).unwrap_or_default();
        if part.matches('(').count() == part.matches(')').count() {
            parts.push(part);
            start = at + separator.len();
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// Checks that wasm-bindgen and the library that reads its output are pinned alike.
fn pin(metadata: &Value) -> Result<Vec<Finding>> {
    let mut asked = BTreeSet::new();
    for package in packages(metadata)?.iter().filter(|p| text(p, "name").starts_with("webpool")) {
        let names = ["wasm-bindgen", "wasm-bindgen-cli-support"];
        let ours = dependencies(package).filter(|other| names.contains(&text(other, "name")));
        asked.extend(ours.map(|other| text(other, "req").to_owned()));
    }
    if asked.len() == 1 && asked.iter().all(|version| version.starts_with('=')) {
        return Ok(Vec::new());
    }
    let versions = asked.into_iter().collect::<Vec<_>>().join(" and ");
    let sentence = format!("wasm-bindgen and its tool need one exact version, not {versions}");
    Ok(vec![Finding::new("Cargo.toml", 1, sentence)])
}

/// Checks what the modules link, over all dependencies.
fn linked(metadata: &Value) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (package, never) in NEVER_IN {
        let all = closure(metadata, package)?;
        for name in never.iter().filter(|name| all.contains(**name)) {
            let sentence = format!("{package} links {name}");
            findings.push(Finding::new("Cargo.toml", 1, sentence));
        }
    }
    Ok(findings)
}

/// Names everything that a package links, itself included.
fn closure(metadata: &Value, package: &str) -> Result<BTreeSet<String>> {
    let nodes = metadata.pointer("/resolve/nodes").and_then(Value::as_array);
    let nodes: BTreeMap<&str, &Value> = nodes
        .context("cargo metadata resolves nothing")?
        .iter()
        .map(|node| (text(node, "id"), node))
        .collect();
    let names: BTreeMap<&str, &str> =
        packages(metadata)?.iter().map(|p| (text(p, "id"), text(p, "name"))).collect();
    let mut waiting: Vec<&str> =
        names.iter().filter(|(_, name)| **name == package).map(|(id, _)| *id).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if seen.insert(id) {
            let links = nodes.get(id).and_then(|node| node.get("deps")).and_then(Value::as_array);
            let links = links.into_iter().flatten().filter(|link| is_linked(link));
            waiting.extend(links.map(|link| text(link, "pkg")));
        }
    }
    Ok(seen.into_iter().filter_map(|id| names.get(id)).map(|&name| name.to_owned()).collect())
}

/// Tells whether a dependency is one of the program, not of its tests or build scripts.
fn is_linked(link: &Value) -> bool {
    let kinds = link.get("dep_kinds").and_then(Value::as_array);
    kinds.into_iter().flatten().any(|kind| kind.get("kind").is_some_and(Value::is_null))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn licences_are_judged_as_expressions() {
        for good in ["MIT", "MIT/GPL-3.0", "(MIT OR GPL-3.0) AND ISC", "GPL-3.0 OR (MIT AND ISC)"] {
            assert!(is_allowed(good), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT AND GPL-3.0) OR (GPL-3.0 AND ISC)"] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }

    #[test]
    fn the_pin_is_one_exact_version() {
        let check = |pool: &str, tool: &str| {
            let package = |name: &str, other: &str, req: &str| json!({ "name": name, "dependencies": [{ "name": other, "req": req, "kind": null }] });
            pin(&json!({ "packages": [
                package("webpool", "wasm-bindgen", pool),
                package("webpool-bindgen", "wasm-bindgen-cli-support", tool),
            ]}))
            .unwrap()
            .len()
        };
        assert_eq!(check("=0.2.1", "=0.2.1"), 0);
        assert_eq!(check("=0.2.1", "=0.2.2"), 1);
        assert_eq!(check("^0.2.1", "^0.2.1"), 1);
    }
}
