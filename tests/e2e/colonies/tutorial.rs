//! The seed tutorial, word for word: somebody with a ColonyOS server opens the page, fills in its five
//! fields and starts; the `colonies` command line submits and shows what came of it.
//!
//! The command line asks for the process's events after it has submitted, and hears nothing of one that
//! was quicker (`protocol`, its `--wait`): it is asked once more then.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::time::timeout;

use crate::harness::{
    COLONY, COLONY_KEY, Look, Setup, Stage, TYPE, colonies, elsewhere, play, until,
};

const SOON: Duration = Duration::from_secs(15);

/// How often the command line may have missed the end.
const ATTEMPTS: u32 = 3;

/// Function, arguments, and the line that is printed, or its beginning.
const SUBMISSIONS: [(&str, &[&str], &str); 5] = [
    ("echo", &["Hello from browser!"], "Hello from browser!"),
    ("add", &["5", "3"], "8"),
    ("multiply", &["7", "6"], "42"),
    ("greet", &["World"], "Hello, World! Greetings from the WASM executor."),
    ("browser_info", &[], "User-Agent: Mozilla/5.0 "),
];

#[tokio::test]
async fn the_tutorial_works_word_for_word() -> Result<()> {
    let server = elsewhere().context("WEBPOOL_COLONIES names no server")?;
    let arguments = vec!["--colonies", server.clone().leak()].leak();
    play(Setup { serve: arguments, ..Setup::USUAL }, async |stage| {
        stage.page.open("").await?;
        for (field, value) in [
            ("server-url", server.as_str()),
            ("colony-name", COLONY),
            ("executor-name", "my-executor"),
            ("executor-type", TYPE),
            ("colony-key", COLONY_KEY),
        ] {
            stage.page.fill(field, value).await?;
        }
        let workers = stage.page.value("worker-count").await?.parse()?;
        stage.page.click("start").await?;
        stage.page.wait_ready(workers, SOON).await?;
        for (function, arguments, output) in SUBMISSIONS {
            submit(&server, stage, function, arguments, output).await?;
        }
        check_lists(&server, stage).await?;
        stage.page.click("finish").await?;
        stage.page.wait("#pool", "state", "stopped", SOON).await
    })
    .await
}

/// `colonies function exec --func F --args A … --targettype wasm --wait --out`.
async fn submit(
    server: &str,
    stage: &Stage,
    function: &str,
    arguments: &[&str],
    output: &str,
) -> Result<()> {
    let mut line = vec!["function", "exec", "--func", function];
    line.extend(arguments.iter().flat_map(|argument| ["--args", argument]));
    line.extend(["--targettype", TYPE, "--wait", "--out"]);
    for _ in 0..ATTEMPTS {
        let asked = colonies(server, stage.colony.identity(), &line);
        let Ok(said) = timeout(SOON, asked).await else { continue };
        let said = said?;
        let is_there = said.lines().any(|line| line.trim().starts_with(output));
        ensure!(is_there, "{function}: «{said}» instead of «{output}»");
        return Ok(());
    }
    bail!("{function}: the command line missed the end {ATTEMPTS} times")
}

/// `colonies executor ls`, `executor get` and `function ls` show the executors, with hardware and functions.
async fn check_lists(server: &str, stage: &Stage) -> Result<()> {
    let ask = async |line: &[&str]| colonies(server, stage.colony.identity(), line).await;
    let executors = ask(&["executor", "ls"]).await?;
    until("functions listed", SOON, async || {
        let said = ask(&["function", "ls"]).await?;
        let is_complete = webpool_kernels::ALL.iter().all(|kernel| said.contains(kernel.name));
        Ok(Look::at(is_complete.then_some(()), said))
    })
    .await?;
    for slot in stage.page.slots().await? {
        let name = slot.get("executor-name");
        ensure!(name.starts_with("my-executor-"), "it is called {name}");
        ensure!(executors.contains(name), "{name} is not in: {executors}");
        let shown = ask(&["executor", "get", "--name", name]).await?;
        for part in ["wasm32", "webpool"] {
            ensure!(shown.contains(part), "{name} is shown without {part}: {shown}");
        }
    }
    Ok(())
}
