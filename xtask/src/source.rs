//! A source file as the rules of tidy see it: line by line, code apart from strings.
//!
//! A Rust file is read once, character by character, so that a name in a comment is not
//! mistaken for code, nor SQL in code for SQL in a string. Other files are kept as they
//! are: their lines are all code.
//!
//! What is test: files under a `tests/` folder, files called `tests.rs`, and the rest of
//! a file from its `#[cfg(test)]` on.

use std::path::Path;

use anyhow::{Context, Result};

/// Folders that hold no sources.
const SKIPPED: [&str; 9] = [
    "target",
    "dist",
    "dist.new",
    "dist.old",
    "dist-test",
    "webpool-data",
    "fuzz/target",
    "fuzz/corpus",
    "fuzz/artifacts",
];

/// Endings of the files that rules look into.
const TEXT: [&str; 8] = ["rs", "js", "sql", "md", "html", "css", "toml", "lock"];

/// One file of the repository.
#[derive(Debug)]
pub(crate) struct Source {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) lines: Vec<Line>,
}

/// One line of a file.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// As it is in the file.
    pub(crate) text: String,
    /// Without comments and without what strings hold.
    pub(crate) code: String,
    /// What strings hold, one string after the other, each in its quotes.
    pub(crate) strings: String,
    /// Whether it belongs to a test.
    pub(crate) is_test: bool,
}

impl Source {
    /// Splits a file's text.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let mut lines: Vec<Line> =
            text.lines().map(|line| Line { text: line.to_owned(), ..Line::default() }).collect();
        if has_ending(path, "rs") {
            let (code, strings) = split(text);
            for (line, code) in lines.iter_mut().zip(code.lines()) {
                code.clone_into(&mut line.code);
            }
            for (line, strings) in lines.iter_mut().zip(strings.lines()) {
                strings.clone_into(&mut line.strings);
            }
        } else {
            for line in &mut lines {
                line.code.clone_from(&line.text);
            }
        }
        mark_tests(path, &mut lines);
        Self { path: path.to_owned(), lines }
    }

    /// Numbers the lines from 1.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (usize, &Line)> {
        (1..).zip(&self.lines)
    }

    /// Tells whether the file is Rust.
    pub(crate) fn is_rust(&self) -> bool {
        has_ending(&self.path, "rs")
    }
}

/// Reads every source below the root.
pub(crate) fn read_all(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    read_folder(root, "", &mut sources)?;
    Ok(sources)
}

fn read_folder(root: &Path, folder: &str, sources: &mut Vec<Source>) -> Result<()> {
    let mut names = std::fs::read_dir(root.join(folder))?
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>, _>>()?;
    names.sort();
    for name in names {
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let full = root.join(&path);
        if full.is_dir() && !name.starts_with('.') && !SKIPPED.contains(&path.as_str()) {
            read_folder(root, &path, sources)?;
        } else if TEXT.iter().any(|ending| has_ending(&name, ending)) && full.is_file() {
            let text = std::fs::read_to_string(&full).with_context(|| format!("{path}: text"))?;
            sources.push(Source::new(&path, &text));
        }
    }
    Ok(())
}

/// Tells whether a file's name ends with `.ending`.
pub(crate) fn has_ending(path: &str, ending: &str) -> bool {
    path.strip_suffix(ending).is_some_and(|stem| stem.ends_with('.'))
}

fn mark_tests(path: &str, lines: &mut [Line]) {
    let mut is_test = path.split('/').any(|part| matches!(part, "tests" | "benches" | "tests.rs"));
    for line in lines {
        is_test = is_test || line.code.trim() == "#[cfg(test)]";
        line.is_test = is_test;
    }
}

/// Where the reader stands in a Rust file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Code,
    LineComment,
    /// Depth of nesting.
    BlockComment(usize),
    /// Number of `#` around a raw string; `None` where backslashes escape.
    Text(Option<usize>),
}

/// Splits Rust into its code and its strings, both with the file's line breaks.
fn split(text: &str) -> (String, String) {
    let (mut code, mut strings) = (String::new(), String::new());
    let mut at = At::Code;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (next, length) = step(at, rest, &code);
        let passed = rest.get(..length).unwrap_or(rest);
        match (at, next) {
            (At::Code, At::Code | At::Text(_)) => code.push_str(passed),
            (At::Text(_), At::Code) => code.push('"'),
            _ => {}
        }
        match (at, next) {
            (At::Text(_), _) => strings.push_str(passed),
            (At::Code, At::Text(_)) => strings.push('"'),
            _ if first == '\n' => strings.push('\n'),
            _ => {}
        }
        if first == '\n' && (at, next) != (At::Code, At::Code) {
            code.push('\n');
        }
        at = next;
        rest = rest.get(length..).unwrap_or("");
    }
    (code, strings)
}

/// Reads one token: where the reader stands after it, and its length in bytes.
fn step(at: At, rest: &str, code: &str) -> (At, usize) {
    let one = rest.chars().next().map_or(1, char::len_utf8);
    match at {
        At::Code => step_code(rest, code, one),
        At::LineComment if rest.starts_with('\n') => (At::Code, 1),
        At::BlockComment(depth) if rest.starts_with("*/") => match depth {
            1 => (At::Code, 2),
            _ => (At::BlockComment(depth - 1), 2),
        },
        At::BlockComment(depth) if rest.starts_with("/*") => (At::BlockComment(depth + 1), 2),
        At::Text(None) if rest.starts_with("\\\"") || rest.starts_with("\\\\") => (at, 2),
        At::Text(None) if rest.starts_with('"') => (At::Code, 1),
        At::Text(Some(hashes)) if rest.starts_with(&format!("\"{}", "#".repeat(hashes))) => {
            (At::Code, 1 + hashes)
        }
        At::LineComment | At::BlockComment(_) | At::Text(_) => (at, one),
    }
}

fn step_code(rest: &str, code: &str, one: usize) -> (At, usize) {
    if rest.starts_with("//") {
        return (At::LineComment, 2);
    }
    if rest.starts_with("/*") {
        return (At::BlockComment(1), 2);
    }
    if rest.starts_with('"') {
        return (At::Text(None), 1);
    }
    if let Some(length) = char_literal(rest) {
        return (At::Code, length);
    }
    let in_word =
        code.chars().next_back().is_some_and(|last| last.is_alphanumeric() || last == '_');
    let raw = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'));
    if let Some(raw) = raw.filter(|_| !in_word) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw.trim_start_matches('#').starts_with('"') {
            return (At::Text(Some(hashes)), rest.len() - raw.len() + hashes + 1);
        }
    }
    (At::Code, one)
}

/// Measures a character in quotes, which may itself be a quote; a lifetime is none.
fn char_literal(rest: &str) -> Option<usize> {
    let mut chars = rest.strip_prefix('\'')?.char_indices();
    let (_, first) = chars.next()?;
    if first == '\\' {
        chars.next()?;
        return chars.find(|(_, char)| *char == '\'').map(|(at, _)| at + 2);
    }
    chars.next().filter(|(_, char)| *char == '\'').map(|(at, _)| at + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, code: &str, strings: &str) {
        let source = Source::new("a.rs", text);
        let joined = |part: fn(&Line) -> &str| {
            source.lines.iter().map(part).map(str::trim_end).collect::<Vec<_>>().join("|")
        };
        assert_eq!(joined(|line| &line.code), code, "code of {text}");
        assert_eq!(joined(|line| &line.strings), strings, "strings of {text}");
    }

    #[test]
    fn code_and_strings_are_told_apart() {
        check("a // b \"c\"\nd", "a|d", "|");
        check("a /* b\n/* c */ d */ e", "a| e", "|");
        check("let a = \"b \\\" // c\";\nd", "let a = \"\";|d", "\"b \\\" // c\"|");
        check("r#\"a\"b\n\"# c", "r#\"|\" c", "\"a\"b|\"#");
        check(
            "match c { '\"' => 'a', '\\'' => \"x\" }",
            "match c { '\"' => 'a', '\\'' => \"\" }",
            "\"x\"",
        );
        check("fn a<'b>(c: &'b str) {} // d", "fn a<'b>(c: &'b str) {}", "");
        check("\"a\nb\"\nc", "\"|\"|c", "\"a|b\"|");
    }

    #[test]
    fn tests_are_marked() {
        let source = Source::new("a.rs", "fn a() {}\n#[cfg(test)]\nmod tests {}\n");
        let marks: Vec<bool> = source.lines.iter().map(|line| line.is_test).collect();
        assert_eq!(marks, [false, true, true]);
        assert!(Source::new("crates/a/tests/b.rs", "fn a() {}").lines.iter().all(|l| l.is_test));
    }
}
