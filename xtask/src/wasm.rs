//! Compiles the crates that a browser runs and turns them into JavaScript modules.
//!
//! Each module has a role, a crate, and at most one loader: JavaScript that is appended to
//! the module, so that it calls the module's functions without importing them. The four
//! crates are compiled with the profile `wasm`; `js` in a run of its own, since it turns on
//! a feature of `webpool` that the page must not carry.
//!
//! The rig is a fifth module, for the tests of the worker handle only.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail, ensure};

use crate::repo::{Repo, WASM_TARGET, capture, program, run};

/// The oldest wasm-opt that reads what this compiler writes.
const WASM_OPT_VERSION: u32 = 116;

/// One JavaScript module with its wasm file.
#[derive(Debug)]
pub(crate) struct Role {
    /// Its name in `dist/`.
    pub(crate) name: &'static str,
    /// Its crate, without the leading `webpool-`.
    pub(crate) package: &'static str,
    /// What is appended to the JavaScript.
    pub(crate) loader: Option<&'static str>,
}

/// Every module of `dist/`.
pub(crate) const ROLES: [Role; 4] = [
    Role { name: "executor", package: "worker", loader: Some("worker/loader.js") },
    Role { name: "compute", package: "compute", loader: Some("compute/loader.js") },
    Role { name: "page", package: "www", loader: Some("www/loader.js") },
    Role { name: "pool", package: "js", loader: None },
];

/// The module that tries the promises of a worker handle, as a page imports it.
const RIG: Role = Role { name: "rig", package: "handle-test", loader: None };

/// The packages of one run of cargo each.
const RUNS: [&[&str]; 2] = [&["webpool-worker", "webpool-compute", "webpool-www"], &["webpool-js"]];

/// The rig's run: with the packages of the first, which it therefore compiles nothing anew of.
const RIG_RUN: [&str; 4] =
    ["webpool-worker", "webpool-compute", "webpool-www", "webpool-handle-test"];

/// What wasm-bindgen made of one role.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) role: &'static Role,
    /// The JavaScript, which names the wasm file [`Module::wasm_name`].
    pub(crate) script: String,
    pub(crate) wasm: Vec<u8>,
    /// TypeScript's description of the module, for the pool.
    pub(crate) types: Option<String>,
}

impl Module {
    /// The name under which the JavaScript asks for its wasm file.
    pub(crate) fn wasm_name(&self) -> String {
        format!("{}_bg.wasm", self.role.name)
    }

    /// Tells whether the module carries this build id, which each end of a border compares.
    fn is_of(&self, build: &str) -> bool {
        self.wasm.windows(build.len()).any(|bytes| bytes == build.as_bytes())
    }
}

/// Adds the wasm32 target to the toolchain where it is missing.
///
/// # Errors
///
/// When it is missing and there is no rustup to add it.
pub(crate) fn add_target(repo: &Repo) -> Result<()> {
    let mut rustc = Command::new("rustc");
    rustc.current_dir(&repo.root).args(["--print", "target-libdir", "--target", WASM_TARGET]);
    if Path::new(capture(&mut rustc)?.trim()).is_dir() {
        return Ok(());
    }
    let Some(rustup) = program("rustup") else {
        bail!(
            "the Rust target {WASM_TARGET} is missing and there is no rustup to add it: \
             install rustup (https://rustup.rs), or that target's standard library"
        );
    };
    println!("adding the Rust target {WASM_TARGET}");
    run(Command::new(rustup).current_dir(&repo.root).args(["target", "add", WASM_TARGET]))
}

/// Compiles every role and runs wasm-bindgen on it.
///
/// `build` is compiled into both ends of every border, so that they know each other.
///
/// # Errors
///
/// When a tool fails, or a module turns out to be of another build.
pub(crate) fn modules(repo: &Repo, build: &str, tool: &Path) -> Result<Vec<Module>> {
    add_target(repo)?;
    for packages in RUNS {
        compile(repo, build, packages)?;
    }
    let maker = Maker::new(repo, build, tool)?;
    ROLES.iter().map(|role| maker.make(role)).collect()
}

/// Compiles the rig and runs wasm-bindgen on it.
///
/// # Errors
///
/// When a tool fails.
pub(crate) fn rig(repo: &Repo, build: &str, tool: &Path) -> Result<Module> {
    add_target(repo)?;
    compile(repo, build, &RIG_RUN)?;
    Maker::new(repo, build, tool)?.make(&RIG)
}

fn compile(repo: &Repo, build: &str, packages: &[&str]) -> Result<()> {
    let mut cargo = repo.cargo(&["build", "--profile", "wasm", "--target", WASM_TARGET]);
    cargo.args(packages.iter().flat_map(|package| ["-p", package]));
    run(cargo.env("WEBPOOL_BUILD", build))
}

/// Makes modules of what cargo compiled.
#[derive(Debug)]
struct Maker<'a> {
    build: &'a str,
    /// The program that runs wasm-bindgen.
    tool: &'a Path,
    /// Cargo's build output.
    target: PathBuf,
    optimizer: Option<PathBuf>,
}

impl<'a> Maker<'a> {
    fn new(repo: &Repo, build: &'a str, tool: &'a Path) -> Result<Self> {
        Ok(Self { build, tool, target: repo.target()?, optimizer: optimizer() })
    }

    fn make(&self, role: &'static Role) -> Result<Module> {
        let out = self.target.join("bindgen").join(role.name);
        if out.exists() {
            std::fs::remove_dir_all(&out)?;
        }
        self.bindgen(role, &out)?;
        ensure!(
            !out.join("snippets").exists(),
            "a dependency of webpool-{} brings JavaScript of its own, which dist/ cannot carry",
            role.package
        );
        let wasm = out.join(format!("{}_bg.wasm", role.name));
        if let Some(optimizer) = &self.optimizer {
            optimize(optimizer, &wasm)?;
        }
        let module = Module {
            role,
            script: std::fs::read_to_string(out.join(format!("{}.js", role.name)))?,
            wasm: std::fs::read(wasm)?,
            types: std::fs::read_to_string(out.join(format!("{}.d.ts", role.name))).ok(),
        };
        // Someone else's cargo may have compiled the crate since ours did.
        ensure!(
            module.is_of(self.build),
            "webpool-{} is not of build {}: was it compiled by another command meanwhile?",
            role.package,
            self.build
        );
        Ok(module)
    }

    fn bindgen(&self, role: &Role, out: &Path) -> Result<()> {
        let file = format!("webpool_{}.wasm", role.package.replace('-', "_"));
        let mut bindgen = Command::new(self.tool);
        bindgen.arg(self.target.join(WASM_TARGET).join("wasm").join(file)).arg(out).arg(role.name);
        if role.name == "pool" {
            bindgen.arg("--typescript");
        }
        run(&mut bindgen)
    }
}

/// Finds a wasm-opt that is recent enough; an older one breaks the modules.
fn optimizer() -> Option<PathBuf> {
    let path = program("wasm-opt")?;
    let text = capture(Command::new(&path).arg("--version")).ok()?;
    (optimizer_version(&text)? >= WASM_OPT_VERSION).then_some(path)
}

/// Reads `wasm-opt version 116 (version_116)`.
fn optimizer_version(text: &str) -> Option<u32> {
    text.split_whitespace().find_map(|word| word.parse().ok())
}

fn optimize(optimizer: &Path, wasm: &Path) -> Result<()> {
    let features = ["bulk-memory", "mutable-globals", "multivalue", "nontrapping-float-to-int"];
    let more = ["reference-types", "sign-ext"];
    let flags = features.iter().chain(&more).map(|feature| format!("--enable-{feature}"));
    run(Command::new(optimizer).arg("-Oz").args(flags).arg(wasm).arg("-o").arg(wasm))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_of_wasm_opt() {
        assert_eq!(optimizer_version("wasm-opt version 108 (version_108)\n"), Some(108));
        assert_eq!(optimizer_version("wasm-opt version 123"), Some(123));
        assert_eq!(optimizer_version("wasm-opt"), None);
    }
}
