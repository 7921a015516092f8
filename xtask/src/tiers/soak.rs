//! How much a soak does.

use std::process::Command;

/// How much, and what it follows from.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Soak {
    /// How many processes
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(500..))]
    processes: u32,
    /// How many slots
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(2..=64))]
    workers: u32,
    /// What work and faults follow from; another one each time if it is not given
    #[arg(long)]
    seed: Option<u64>,
}

impl Soak {
    /// What every run of the tests does.
    pub(crate) const SHORT: Self = Self { processes: 500, workers: 8, seed: None };

    /// Tells a program.
    pub(crate) fn name_to(&self, command: &mut Command) {
        let Self { processes, workers, seed } = self;
        command.env("WEBPOOL_PROCESSES", processes.to_string());
        command.env("WEBPOOL_WORKERS", workers.to_string());
        if let Some(seed) = seed {
            command.env("WEBPOOL_SEED", seed.to_string());
        }
    }
}
