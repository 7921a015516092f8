//! The shape of a file: its first line, its length, its name, and what it ignores.

use std::path::Path;

use super::Finding;
use crate::source::Source;

/// Lines of a file, tests aside.
const MOST_LINES: usize = 400;

/// Lines of a worker loader: what is longer should be Rust.
const MOST_LOADER_LINES: usize = 40;

/// Names that say nothing about what a file holds.
const EMPTY_NAMES: [&str; 8] =
    ["util", "utils", "helper", "helpers", "common", "manager", "misc", "mod"];

/// Checks one file.
pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let path = source.path.as_str();
    if source.is_rust() {
        if !source.lines.first().is_some_and(|line| line.text.starts_with("//!")) {
            findings.push(Finding::new(path, 1, "the first line is not a module doc (`//!`)"));
        }
        findings.extend(ignored(source));
    }
    findings.extend(length(source));
    let stem = Path::new(path).file_stem().unwrap_or_default().to_string_lossy();
    if is_program_text(path) && EMPTY_NAMES.contains(&stem.as_ref()) {
        findings.push(Finding::new(path, 1, format!("`{stem}` does not say what the file holds")));
    }
    findings
}

fn is_program_text(path: &str) -> bool {
    ["rs", "js", "sql"].iter().any(|ending| crate::source::has_ending(path, ending))
}

fn length(source: &Source) -> Option<Finding> {
    let most = if source.path.ends_with("/loader.js") { MOST_LOADER_LINES } else { MOST_LINES };
    let lines = source.lines.iter().filter(|line| !line.is_test).count();
    let sentence = format!("{lines} lines, tests aside; {most} are allowed");
    (is_program_text(&source.path) && lines > most)
        .then(|| Finding::new(&source.path, most + 1, sentence))
}

/// Finds values that are dropped without a reason.
fn ignored(source: &Source) -> Vec<Finding> {
    let is_bare = |code: &str| {
        let words: Vec<&str> = code.split_whitespace().collect();
        words.windows(3).any(|words| *words == ["let", "_", "="])
    };
    source
        .numbered()
        .filter(|(_, line)| is_bare(&line.code))
        .map(|(at, _)| {
            Finding::new(&source.path, at, "a bare `let _ =` does not say why it ignores")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(path: &str, text: &str) -> Vec<String> {
        check(&Source::new(path, text)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_rule_finds_its_line() {
        assert!(sentences("src/a.rs", "//! A.\nfn a() {}\n").is_empty());
        let cases = [
            ("src/a.rs", "// A.\n".to_owned(), "src/a.rs:1: the first line is"),
            ("src/a.rs", "//! A.\nlet _ = b();\n".to_owned(), "src/a.rs:2: a bare"),
            ("src/utils.rs", "//! A.\n".to_owned(), "src/utils.rs:1: `utils` does not"),
            ("src/a.rs", "//! A.\n".repeat(401), "src/a.rs:401: 401 lines"),
            ("worker/loader.js", "a;\n".repeat(41), "worker/loader.js:41: 41 lines"),
        ];
        for (path, text, expected) in cases {
            let found = sentences(path, &text);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found.concat().starts_with(expected), "{found:?}");
        }
    }

    #[test]
    fn tests_do_not_count_as_length() {
        let text = format!("//! A.\n#[cfg(test)]\n{}", "// b\n".repeat(500));
        assert!(sentences("src/a.rs", &text).is_empty());
    }
}
