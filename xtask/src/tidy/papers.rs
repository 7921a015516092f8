//! The papers tell the truth: paths in ARCHITECTURE.md exist, and so do the commands that
//! README.md and CONTRIBUTING.md name.
//!
//! A path is a word in backticks or in a fenced block that ends with a file's ending, or
//! a word in backticks that begins with a folder of this repository. A bare file name may
//! lie anywhere; a path may be given from the root or from any folder.

use super::Finding;
use crate::source::{Line, Source, has_ending};

/// Endings that make a word a path.
const ENDINGS: [&str; 9] = ["rs", "js", "sql", "md", "html", "css", "toml", "lock", "svg"];

/// Files that a build makes.
const MADE: [&str; 4] = ["pool.js", "executor.js", "compute.js", "page.js"];

/// Checks the papers there are.
pub(crate) fn check(sources: &[Source], commands: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        match source.path.as_str() {
            "ARCHITECTURE.md" => findings.extend(check_paths(source, sources)),
            "README.md" | "CONTRIBUTING.md" => findings.extend(check_commands(source, commands)),
            _ => {}
        }
    }
    findings
}

fn check_paths(paper: &Source, sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut in_fence = false;
    for (at, line) in paper.numbered() {
        if line.text.trim_start().starts_with("```") {
            in_fence = !in_fence;
            continue;
        }
        for word in if in_fence { fenced(line) } else { quoted(line) } {
            if is_path(word, sources, in_fence) && !exists(word, sources) {
                findings.push(Finding::new(&paper.path, at, format!("{word} does not exist")));
            }
        }
    }
    findings
}

fn quoted(line: &Line) -> Vec<&str> {
    line.text.split('`').skip(1).step_by(2).collect()
}

fn fenced(line: &Line) -> Vec<&str> {
    let edge = |char: char| !char.is_alphanumeric() && char != '/';
    line.text.split_whitespace().map(|word| word.trim_matches(edge)).collect()
}

/// Tells whether a word is meant as a path of this repository.
fn is_path(word: &str, sources: &[Source], in_fence: bool) -> bool {
    let plain = |char: char| char.is_alphanumeric() || "/._-".contains(char);
    let is_made = MADE.contains(&word) || word.starts_with("dist/") || word.starts_with('/');
    if !word.chars().all(plain) || is_made || word.starts_with('.') {
        return false;
    }
    let folder = word.split_once('/').map(|(folder, _)| format!("{folder}/"));
    let is_ours = folder.is_some_and(|folder| sources.iter().any(|s| s.path.starts_with(&folder)));
    ENDINGS.iter().any(|ending| has_ending(word, ending)) || (is_ours && !in_fence)
}

fn exists(word: &str, sources: &[Source]) -> bool {
    let word = word.trim_end_matches('/');
    sources.iter().any(|source| {
        let path = format!("/{}/", source.path);
        path.contains(&format!("/{word}/")) || path.starts_with(&format!("/{word}."))
    })
}

fn check_commands(paper: &Source, commands: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, line) in paper.numbered() {
        for rest in line.text.split("cargo xtask ").skip(1) {
            let end = rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '-');
            let name = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            if !name.is_empty() && !commands.iter().any(|command| command == name) {
                let sentence = format!("there is no command `cargo xtask {name}`");
                findings.push(Finding::new(&paper.path, at, sentence));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let sources = [
            Source::new(path, text),
            Source::new("crates/wire/src/lib.rs", "//! Wire.\n"),
            Source::new("src/pool.rs", "//! Pool.\n"),
        ];
        let commands = ["serve".to_owned(), "test".to_owned()];
        check(&sources, &commands).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn paths_exist() {
        for text in ["`src/pool.rs`, `pool.rs`", "`crates/wire`", "`crates/wire/`", "`text/plain`"]
        {
            assert!(lines("ARCHITECTURE.md", text).is_empty(), "{text}");
        }
        assert!(lines("ARCHITECTURE.md", "```\npool.rs  what it holds\n```").is_empty());
        assert_eq!(lines("ARCHITECTURE.md", "a\n`src/gone.rs`"), [2]);
        assert_eq!(lines("ARCHITECTURE.md", "`crates/gone`"), [1]);
        assert_eq!(lines("ARCHITECTURE.md", "```\n  gone.rs  what it holds\n```"), [2]);
    }

    #[test]
    fn commands_exist() {
        assert!(lines("README.md", "`cargo xtask serve --port 1`, `cargo xtask test`").is_empty());
        assert_eq!(lines("README.md", "\n`cargo xtask sing`"), [2]);
    }
}
