//! One row of the table: a fault, a way, and what happens; and how it is run.

use std::pin::Pin;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use tokio::time::Instant;

use crate::case::{Case, Told};
use crate::harness::{Setup, Way};
use crate::table;

/// How long most rows may take in all.
const LONGEST: Duration = Duration::from_mins(5);

/// What happens in a row.
pub(crate) type Play = for<'a> fn(&'a Case) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// Who may be at work beside a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Company {
    /// Some others: it computes as they do.
    Busy,
    /// Others, and those: it waits more than it computes.
    Waiting,
    /// Nobody: its bound is tight.
    Nobody,
}

/// One row.
pub(crate) struct Row {
    pub(crate) fault: &'static str,
    pub(crate) way: Way,
    /// How the fault is injected.
    pub(crate) injected: &'static str,
    /// How long recovery may take.
    pub(crate) bound: Duration,
    /// How long it takes until then, if that is more than minutes.
    pub(crate) lasts: Duration,
    pub(crate) company: Company,
    /// Whether the server has files of its own, to be tampered with.
    pub(crate) has_files: bool,
    pub(crate) setup: Setup,
    play: Play,
}

impl Row {
    pub(crate) fn new(
        fault: &'static str,
        way: Way,
        injected: &'static str,
        bound: Duration,
        play: Play,
    ) -> Self {
        let setup = Setup::USUAL;
        Self {
            fault,
            way,
            injected,
            bound,
            lasts: Duration::ZERO,
            company: Company::Busy,
            has_files: false,
            setup,
            play,
        }
    }

    /// The row with another setup.
    pub(crate) fn with_setup(self, setup: Setup) -> Self {
        Self { setup, ..self }
    }

    /// The row with files of its own.
    pub(crate) fn with_files(self) -> Self {
        Self { has_files: true, ..self }
    }

    /// The row that takes so long until it recovers.
    pub(crate) fn lasting(self, lasts: Duration) -> Self {
        Self { lasts, ..self }
    }

    /// The row that waits more than it computes.
    pub(crate) fn waiting(self) -> Self {
        Self { company: Company::Waiting, ..self }
    }

    /// The row with nobody else at work.
    pub(crate) fn alone(self) -> Self {
        Self { company: Company::Nobody, ..self }
    }

    /// What it is called.
    pub(crate) fn name(&self) -> String {
        format!("{} ({}): {}", self.fault, self.way, self.injected)
    }
}

/// Runs a row, and enters it into the table.
///
/// # Errors
///
/// Whatever it met, with an account of page, console and server.
pub(crate) fn run(row: &Row) -> Result<(), String> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(play(row)).map_err(|error| format!("{error:#}"))
}

/// Plays it, and enters it into the table whatever came of it.
async fn play(row: &Row) -> Result<()> {
    let begun = Instant::now();
    let case = Case::build(row).await;
    let outcome = match &case {
        Ok(case) => play_on(row, case).await,
        Err(error) => Err(anyhow!("it could not begin: {error:#}")),
    };
    let failure = outcome.as_ref().err().map(|error| format!("{error:#}"));
    let nothing = Told::default();
    let told = case.as_ref().ok().map(Case::told);
    table::enter(row, told.as_deref().unwrap_or(&nothing), begun.elapsed(), failure.as_deref());
    outcome
}

async fn play_on(row: &Row, case: &Case) -> Result<()> {
    let played = async {
        (row.play)(case).await?;
        case.take_log().await?;
        case.check_sound().await?;
        let errors = case.stage.page.errors(row.setup.expected_errors).await?;
        ensure!(errors.is_empty(), "the browser's console shows errors:\n{}", errors.join("\n"));
        Ok(())
    };
    let longest = LONGEST + row.lasts + row.bound;
    let played = tokio::time::timeout(longest, played).await;
    match played.unwrap_or_else(|_| Err(anyhow!("it took over {longest:?}"))) {
        Ok(()) => judge(row, case),
        Err(error) => Err(anyhow!("{error:#}\n{}", case.stage.account().await)),
    }
}

/// Checks that the fault happened, and that recovery took no longer than it may.
fn judge(row: &Row, case: &Case) -> Result<()> {
    let told = case.told();
    ensure!(!told.witnesses.is_empty(), "nothing shows that the fault was injected");
    ensure!(!told.observed.is_empty(), "nothing was observed at the broker");
    let took = told.took.ok_or_else(|| anyhow!("recovery was not timed"))?;
    ensure!(took <= row.bound, "it took {took:.2?}, but may take {:?}", row.bound);
    Ok(())
}
