//! What a visitor downloads, role by role, against the budgets.
//!
//! Sizes are of the files in `dist/`, compressed by the programs `gzip` and `brotli` at
//! their strongest; without one of them its column is empty and its budget unchecked.
//! A kB is 1000 bytes. The pool as a library has no budget: a volunteer does not load it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::repo::{Repo, program};

/// The largest gzip size of a role, in kB.
const BUDGETS_KB: [(&str, usize); 3] = [("page", 100), ("executor", 80), ("compute", 60)];

/// The largest brotli size of everything a volunteer downloads, in kB.
const TOTAL_KB: usize = 200;

/// Bytes of some files.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    raw: usize,
    gzip: Option<usize>,
    brotli: Option<usize>,
}

impl Size {
    fn plus(self, other: Self) -> Self {
        let both = |a: Option<usize>, b: Option<usize>| a.zip(b).map(|(a, b)| a + b);
        Self {
            raw: self.raw + other.raw,
            gzip: both(self.gzip, other.gzip),
            brotli: both(self.brotli, other.brotli),
        }
    }

    const NOTHING: Self = Self { raw: 0, gzip: Some(0), brotli: Some(0) };
}

/// Prints the sizes.
///
/// # Errors
///
/// When `dist/` is missing or a budget is exceeded.
pub(crate) fn print(repo: &Repo) -> Result<()> {
    let dist = repo.dist();
    let names = file_names(&dist)?;
    let mut over = Vec::new();
    let mut total = Size::NOTHING;
    println!("{:<10}{:>10}{:>10}{:>10}  budget (kB)", "role", "raw", "gzip", "brotli");
    for (role, budget) in BUDGETS_KB {
        let size = sum(&dist, &names, role)?;
        row(role, size, &format!("gzip {budget}"));
        over.extend(size.gzip.filter(|size| *size > budget * 1000).map(|_| role));
        total = total.plus(size);
    }
    row("total", total, &format!("brotli {TOTAL_KB}"));
    over.extend(total.brotli.filter(|size| *size > TOTAL_KB * 1000).map(|_| "total"));
    row("pool", sum(&dist, &names, "pool")?, "none");
    if !over.is_empty() {
        bail!("over budget: {}", over.join(", "));
    }
    Ok(())
}

fn row(role: &str, size: Size, budget: &str) {
    let kb = |bytes: usize| format!("{}.{}", bytes / 1000, bytes % 1000 / 100);
    let cell = |bytes: Option<usize>| bytes.map_or_else(|| "-".to_owned(), kb);
    let (raw, gzip, brotli) = (kb(size.raw), cell(size.gzip), cell(size.brotli));
    println!("{role:<10}{raw:>10}{gzip:>10}{brotli:>10}  {budget}");
}

fn file_names(dist: &Path) -> Result<Vec<String>> {
    let manifest = std::fs::read_to_string(dist.join("manifest.json"));
    let manifest = manifest.context("dist/ is not built: cargo xtask build")?;
    serde_json::from_str::<Value>(&manifest).context("dist/manifest.json is not JSON")?;
    let entries = std::fs::read_dir(dist)?;
    let names = entries.map(|entry| entry.map(|e| e.file_name().to_string_lossy().into_owned()));
    Ok(names.collect::<Result<_, _>>()?)
}

/// Adds up the files of a role; the page has its document and its style beside it.
fn sum(dist: &Path, names: &[String], role: &str) -> Result<Size> {
    let is_of_page = |name: &str| name.starts_with("style-") || name == "index.html";
    let files = names.iter().filter(|name| {
        name.starts_with(&format!("{role}-")) || (role == "page" && is_of_page(name))
    });
    files
        .map(|name| measure(&dist.join(name)))
        .try_fold(Size::NOTHING, |sum, size| Ok(sum.plus(size?)))
}

fn measure(file: &Path) -> Result<Size> {
    let raw = std::fs::read(file)?.len();
    let gzip = compressed(program("gzip"), &["-9", "-c"], file)?;
    let brotli = compressed(program("brotli"), &["-c"], file)?;
    Ok(Size { raw, gzip, brotli })
}

fn compressed(program: Option<PathBuf>, args: &[&str], file: &Path) -> Result<Option<usize>> {
    let Some(program) = program else { return Ok(None) };
    let input = Stdio::from(std::fs::File::open(file)?);
    let output = Command::new(&program).args(args).stdin(input).output();
    let output = output.with_context(|| format!("cannot start {}", program.display()))?;
    Ok(output.status.success().then_some(output.stdout.len()))
}
