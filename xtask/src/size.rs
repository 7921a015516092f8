//! What a visitor downloads, role by role, against the budgets.
//!
//! Sizes are of the files in `dist/`, compressed by the program `gzip` and, as the server does,
//! by the library `brotli`, both at level 9. Without the program its column is empty, which
//! is said. A kB is 1000 bytes. The pool as a library has no budget: a volunteer does not load it.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use brotli::enc::BrotliEncoderParams;
use serde_json::Value;

use crate::repo::{Repo, program};

/// The largest gzip size of a role, in kB.
const BUDGETS_KB: [(&str, usize); 3] = [("page", 100), ("executor", 80), ("compute", 60)];

/// The largest brotli size of everything a volunteer downloads, in kB.
const TOTAL_KB: usize = 200;

/// The level of brotli and gzip, as the server compresses what it serves.
const LEVEL: u8 = 9;

/// Bytes of some files.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    raw: usize,
    gzip: Option<usize>,
    brotli: usize,
}

impl Size {
    const NOTHING: Self = Self { raw: 0, gzip: Some(0), brotli: 0 };

    fn plus(self, other: Self) -> Self {
        Self {
            raw: self.raw + other.raw,
            gzip: self.gzip.zip(other.gzip).map(|(a, b)| a + b),
            brotli: self.brotli + other.brotli,
        }
    }
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
    over.extend((total.brotli > TOTAL_KB * 1000).then_some("total"));
    row("pool", sum(&dist, &names, "pool")?, "none");
    if total.gzip.is_none() {
        println!("the program gzip is missing: its budgets are not checked");
    }
    if !over.is_empty() {
        bail!("over budget: {}", over.join(", "));
    }
    Ok(())
}

fn row(role: &str, size: Size, budget: &str) {
    let kb = |bytes: usize| format!("{}.{}", bytes / 1000, bytes % 1000 / 100);
    let gzip = size.gzip.map_or_else(|| "-".to_owned(), kb);
    let (raw, brotli) = (kb(size.raw), kb(size.brotli));
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
    let content = std::fs::read(file)?;
    let brotli = brotli_size(&content)?;
    Ok(Size { raw: content.len(), gzip: gzip_size(file)?, brotli })
}

fn brotli_size(mut content: &[u8]) -> Result<usize> {
    let params = BrotliEncoderParams { quality: LEVEL.into(), ..BrotliEncoderParams::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut content, &mut compressed, &params)?;
    Ok(compressed.len())
}

fn gzip_size(file: &Path) -> Result<Option<usize>> {
    let Some(gzip) = program("gzip") else { return Ok(None) };
    let input = Stdio::from(std::fs::File::open(file)?);
    let output = Command::new(gzip).args([&format!("-{LEVEL}"), "-c"]).stdin(input).output();
    let output = output.context("cannot start gzip")?;
    Ok(output.status.success().then_some(output.stdout.len()))
}
