//! What cannot be run is closed as failed, with a reason; the executor works on.
//!
//! The expectation is the same code run natively: its output, or its sentence as the reason.

use anyhow::{Result, ensure};
use webpool_colony::process::Filesystem;
use webpool_colony::{FunctionSpec, Json, Process, ProcessState};
use webpool_kernels::{HostInfo, run_native};

use crate::harness::{Setup, Stage, call, play, text};

/// Function, arguments by position, arguments by name.
const CALLS: [(&str, &str, &str); 31] = [
    ("no_such_function", "[]", "{}"),
    ("Add", "[5, 3]", "{}"),
    ("", "[5, 3]", "{}"),
    ("add", "[]", "{}"),
    ("add", r#"["5"]"#, "{}"),
    ("add", r#"["5", "3", "1"]"#, "{}"),
    ("add", r#"["five", "3"]"#, "{}"),
    ("add", r#"["NaN", "3"]"#, "{}"),
    ("add", r#"["5", "-Infinity"]"#, "{}"),
    ("add", r#"["1e999", "3"]"#, "{}"),
    ("add", "[1.7e308, 1.7e308]", "{}"),
    ("add", "[null, 3]", "{}"),
    ("add", "[true, 3]", "{}"),
    ("add", "[[5], 3]", "{}"),
    ("add", r#"[{"a": 5}, {"b": {"c": []}}]"#, "{}"),
    ("add", r#"["", ""]"#, "{}"),
    ("add", "[5]", r#"{"a": 1}"#),
    ("add", "[5]", r#"{"c": 1}"#),
    ("fibonacci", "[-1]", "{}"),
    ("fibonacci", "[1.5]", "{}"),
    ("fibonacci", r#"["1e300"]"#, "{}"),
    ("fibonacci", r#"["99999999999999999999999999999999999999999999"]"#, "{}"),
    ("mandelbrot", "[0, 0, 3, 65535, 65535, 100]", "{}"),
    ("burn", r#"["50", "explode"]"#, "{}"),
    ("browser_info", "[1]", "{}"),
    ("add", "null", "null"),
    ("add", "[5, 3]", "null"),
    ("add", "null", r#"{"a": 5, "b": "3"}"#),
    ("echo", "[5]", "{}"),
    ("echo", "[null]", "{}"),
    ("echo", r#"[[1, null, {"a": ["b", {}]}]]"#, "{}"),
];

#[tokio::test]
async fn bad_arguments_fail_with_a_reason() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(1).await?;
        for (function, args, kwargs) in CALLS {
            let wanted = run_native(function, args, kwargs, HostInfo::default());
            let kwargs = Json::from_text(kwargs)?;
            let spec = FunctionSpec { kwargs, ..call(function, args)? };
            let process = stage.colony.run(spec).await?;
            match wanted {
                Ok(output) => check_success(&process, &output.join("\n"))?,
                Err(reason) => check_failure(&process, &reason.to_string())?,
            }
            check_works(stage).await?;
        }
        ensure!(stage.colony.executors().await?.len() == 1, "the executor was replaced");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn files_fail_with_a_reason() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(1).await?;
        let fs = Filesystem { mount: "/cfs".to_owned(), ..Filesystem::default() };
        let process = stage.colony.run(FunctionSpec { fs, ..call("add", "[5, 3]")? }).await?;
        check_failure(&process, "")?;
        ensure!(!text(&process.errors).is_empty(), "failed without a reason");
        check_works(stage).await
    })
    .await
}

fn check_success(process: &Process, output: &str) -> Result<()> {
    let what = describe(process);
    ensure!(process.state() == Some(ProcessState::Success), "{what}");
    ensure!(text(&process.output) == output, "{what} instead of {output}");
    Ok(())
}

fn check_failure(process: &Process, reason: &str) -> Result<()> {
    let what = describe(process);
    ensure!(process.state() == Some(ProcessState::Failed), "{what} instead of: {reason}");
    ensure!(text(&process.errors).starts_with(reason), "{what} instead of: {reason}");
    Ok(())
}

fn describe(process: &Process) -> String {
    let Process { spec, output, errors, .. } = process;
    let state = process.state();
    format!("{}{:?}: {state:?}, {output:?}, {errors:?}", spec.funcname, spec.args)
}

async fn check_works(stage: &Stage) -> Result<()> {
    ensure!(stage.colony.output("add", "[20, 22]").await? == "42");
    Ok(())
}
