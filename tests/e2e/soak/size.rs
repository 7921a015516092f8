//! How much: from the environment, as `cargo xtask soak` sets it.

use std::env;
use std::str::FromStr;

use anyhow::{Context as _, Result, ensure};

use crate::harness::since_1970;

/// Memory is measured after so many further processes of each way.
const STEP: usize = 500;

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Processes in all.
    pub(crate) processes: usize,
    /// Slots in all.
    pub(crate) workers: u32,
    /// What work and faults follow from.
    pub(crate) seed: u64,
}

impl Size {
    /// Reads it; without a seed, the time is one.
    pub(crate) fn read() -> Result<Self> {
        let processes = number("WEBPOOL_PROCESSES")?.unwrap_or(500);
        let workers = number("WEBPOOL_WORKERS")?.unwrap_or(8);
        let of_now = u64::from(since_1970()?.subsec_nanos());
        let seed = number("WEBPOOL_SEED")?.unwrap_or(of_now);
        ensure!(processes >= 500, "with fewer than 500 processes not every fault has a place");
        ensure!(workers >= 2, "each way needs a slot");
        Ok(Self { processes, workers, seed })
    }

    /// What repeats it.
    pub(crate) fn to_command(self) -> String {
        let Self { processes, workers, seed } = self;
        format!("cargo xtask soak --processes {processes} --workers {workers} --seed {seed}")
    }

    /// Processes of each way.
    pub(crate) fn of_lane(self) -> usize {
        self.processes / 2
    }

    /// Processes of each way before memory is measured for the first time.
    pub(crate) fn early(self) -> usize {
        self.of_lane() / 10
    }

    /// After so many processes of each way memory is measured, the last of them at the end.
    pub(crate) fn stops(self) -> impl Iterator<Item = usize> {
        let between = (self.early()..self.of_lane()).step_by(STEP);
        between.chain([self.of_lane()])
    }

    /// Slots of each way.
    pub(crate) fn slots(self) -> u32 {
        self.workers / 2
    }
}

fn number<T: FromStr>(name: &str) -> Result<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text = env::var(name).ok().filter(|text| !text.is_empty());
    text.map(|text| text.parse().with_context(|| format!("{name} is «{text}»"))).transpose()
}
