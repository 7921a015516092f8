//! Every command of this repository: `cargo xtask COMMAND`.
//!
//! - `repo` the checkout, and how tools are run in it
//! - `wasm` compiles the crates a browser runs and turns them into JavaScript modules
//! - `programs` compiles the native programs
//! - `dist` fills `dist/` with the modules under hashed names, and `dist-test/` with a rig
//! - `source` a source file split into code, strings and tests, for the rules of tidy
//! - `tidy` the rules of the house style that no other tool checks
//! - `format` the formatting of every Rust file
//! - `check` formatting, lints, documentation, tidy
//! - `tiers` the tiers of tests, their counts and the closing table
//! - `browser` finds or installs the browsers that the browser tests drive
//! - `colonies` builds and starts a real ColonyOS server
//! - `packages` installs packages of the distribution
//! - `size` what a visitor downloads, against the budgets
//!
//! Absent on purpose: anything the product itself does; `xtask` only runs tools.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the commands talk to the person who typed them"
)]

mod browser;
mod check;
mod colonies;
mod dist;
mod format;
mod packages;
mod programs;
mod repo;
mod size;
mod source;
mod tidy;
mod tiers;
mod wasm;

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser, Subcommand};

use crate::programs::Programs;
use crate::repo::Repo;
use crate::tiers::{Choice, Soak, Tier};

#[derive(Debug, Parser)]
#[command(
    name = "xtask",
    bin_name = "cargo xtask",
    about = "Builds, serves, checks and tests webpool"
)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Builds everything, then runs `webpool serve` with these arguments
    #[command(disable_help_flag = true)]
    Serve {
        /// Arguments of `webpool serve`; `--help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Fills `dist/` with what a browser runs
    Build {
        /// Also builds the native program `webpool`
        #[arg(long)]
        server: bool,
    },
    /// Formatting, lints (native and wasm32), documentation and tidy
    Check,
    /// Runs every tier of tests, or those named, and counts
    Test {
        /// Which tiers
        tiers: Vec<Tier>,
        /// Every browser test in every browser that can run it
        #[arg(long)]
        all_browsers: bool,
    },
    /// Builds everything, then runs the browser tests
    E2e {
        /// Only the tests whose name contains this
        name: Option<String>,
        /// Every one in every browser that can run it
        #[arg(long)]
        all_browsers: bool,
    },
    /// Builds everything, then injects faults one by one
    Faults {
        /// Only the rows whose name contains this
        name: Option<String>,
    },
    /// Builds everything, then injects faults at random into thousands of processes
    Soak(Soak),
    /// Formats every Rust file
    Fmt,
    /// Checks the rules of the house style
    Tidy,
    /// Shows what a visitor downloads, against the budgets
    Size,
    /// Measures in release form: `bench broker`; `bench help` lists the sections
    #[command(disable_help_flag = true)]
    Bench {
        /// The section and its options
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        args: Vec<String>,
    },
    /// Searches for input that the broker does not take well, with cargo-fuzz
    Fuzz {
        /// The target: `requests` or `frames`
        target: String,
        /// How long
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
        minutes: u32,
    },
    /// Checks licences, bans, sources and advisories with cargo-deny
    Deny,
}

fn main() -> ExitCode {
    perform(Cli::parse().command).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn perform(task: Task) -> Result<ExitCode> {
    let repo = Repo::find()?;
    match task {
        Task::Serve { args } => serve(&repo, &args),
        Task::Build { server } => {
            let build = if server { Programs::all } else { Programs::bindgen };
            dist::build(&repo, &build(&repo)?.bindgen).map(|_| ExitCode::SUCCESS)
        }
        Task::Check => Ok(tiers::run(&repo, &[Tier::Check], Choice::default())),
        Task::Test { tiers, all_browsers } => {
            let tiers = if tiers.is_empty() { Tier::ALL.to_vec() } else { tiers };
            Ok(tiers::run(&repo, &tiers, Choice { filter: None, has_all_browsers: all_browsers }))
        }
        Task::E2e { name, all_browsers } => {
            let choice = Choice { filter: name.as_deref(), has_all_browsers: all_browsers };
            Ok(tiers::run(&repo, &[Tier::Browser], choice))
        }
        Task::Faults { name } => {
            let choice = Choice { filter: name.as_deref(), has_all_browsers: false };
            Ok(tiers::run(&repo, &[Tier::Faults], choice))
        }
        Task::Soak(soak) => Ok(tiers::run_soak(&repo, &soak)),
        Task::Fmt => format::write(&repo).map(|()| ExitCode::SUCCESS),
        Task::Tidy => tidy::print(&repo).map(|()| ExitCode::SUCCESS),
        Task::Size => size::print(&repo).map(|()| ExitCode::SUCCESS),
        Task::Bench { args } => bench(&repo, &args),
        Task::Fuzz { target, minutes } => fuzz(&repo, &target, minutes),
        Task::Deny => deny(&repo),
    }
}

/// Names the commands there are, for the rule that papers mention no other.
fn command_names() -> Vec<String> {
    Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// Builds everything and becomes the server, so that signals and the exit code are its own.
fn serve(repo: &Repo, args: &[String]) -> Result<ExitCode> {
    let programs = Programs::all(repo)?;
    dist::build(repo, &programs.bindgen)?;
    let mut server = Command::new(programs.server);
    server.arg("serve").args(args).arg("--dist").arg(repo.dist());
    become_program(&mut server)
}

/// Builds what is measured and what measures, and becomes the latter.
fn bench(repo: &Repo, args: &[String]) -> Result<ExitCode> {
    let is_in_browsers = args.first().is_some_and(|section| section == "link");
    let programs = Programs::measured(repo, is_in_browsers)?;
    let mut bench = Command::new(programs.bench);
    bench.args(args).env("WEBPOOL_BIN", programs.server);
    if is_in_browsers {
        dist::build(repo, &programs.bindgen)?;
        bench.env("WEBPOOL_DIST", repo.dist());
        browser::chromium()?.name_chromium(&mut bench);
        browser::firefox(repo)?.name_firefox(&mut bench);
    }
    become_program(bench.env("WEBPOOL_BENCH", repo.target()?.join("bench")))
}

#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec()).with_context(|| format!("cannot start {}", repo::line(command)))
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<ExitCode> {
    let status =
        command.status().with_context(|| format!("cannot start {}", repo::line(command)))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}

/// Runs cargo-deny where it is installed.
fn deny(repo: &Repo) -> Result<ExitCode> {
    repo::program("cargo-deny")
        .context("cargo-deny is missing: cargo install --locked cargo-deny")?;
    repo::run(&mut repo.cargo(&["deny", "check"])).map(|()| ExitCode::SUCCESS)
}

/// Runs cargo-fuzz where it is installed: what it finds goes on from run to run, beside the seeds.
fn fuzz(repo: &Repo, target: &str, minutes: u32) -> Result<ExitCode> {
    repo::program("cargo-fuzz")
        .context("cargo-fuzz is missing: cargo install --locked cargo-fuzz")?;
    let corpus = format!("fuzz/corpus/{target}");
    std::fs::create_dir_all(repo.root.join(&corpus))?;
    let seeds = format!("fuzz/seeds/{target}");
    // Without the sanitizers, which need a nightly compiler: there is no unsafe code of ours.
    let mut cargo = repo.cargo(&["fuzz", "run", "--sanitizer", "none", target, &corpus, &seeds]);
    cargo.args(["--", "-dict=fuzz/words.dict", "-rss_limit_mb=4096", "-timeout=20"]);
    cargo.arg(format!("-max_total_time={}", u64::from(minutes) * 60));
    repo::run(&mut cargo).map(|()| ExitCode::SUCCESS)
}
