//! Each function puts out exactly what its table says, and what the same code says natively.

use anyhow::{Result, ensure};
use webpool_colony::{FunctionSpec, Json};
use webpool_kernels::{HostInfo, run_native};

use crate::harness::{Setup, call, play, text};

/// Function, arguments, output.
const TABLE: [(&str, &str, &str); 14] = [
    ("echo", r#"["Hello from browser!"]"#, "Hello from browser!"),
    ("echo", r#"["å \"quoted\" \n line 🦀"]"#, "å \"quoted\" \n line 🦀"),
    ("add", r#"["5", "3"]"#, "8"),
    ("add", "[0.1, 0.2]", "0.30000000000000004"),
    ("multiply", r#"["7", "6"]"#, "42"),
    ("greet", r#"["World"]"#, "Hello, World! Greetings from the WASM executor."),
    ("fibonacci", "[0]", "0"),
    ("fibonacci", "[10]", "55"),
    ("fibonacci", "[100]", "354224848179261915075"),
    ("count_primes", "[0, 100]", "25"),
    ("count_primes", r#"["0", "1000000"]"#, "78498"),
    ("monte_carlo_pi", "[100000, 42]", r#"{"estimate":3.1356,"hits":78390}"#),
    ("burn", "[0]", "burned for 0 ms"),
    ("burn", r#"["50", "block"]"#, "burned for 50 ms"),
];

/// Function and arguments whose output is long.
const NATIVE: [(&str, &str); 4] = [
    ("fibonacci", "[5000]"),
    ("monte_carlo_pi", r#"[3000000, "18446744073709551615"]"#),
    ("mandelbrot", "[-0.5, 0, 3, 64, 48, 200]"),
    ("mandelbrot", "[-0.743643887, 0.131825904, 0.0001, 320, 240, 2000, 100, 160]"),
];

#[tokio::test]
async fn outputs_are_exact() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(2).await?;
        for (function, args, output) in TABLE {
            ensure!(stage.colony.output(function, args).await? == output, "{function}{args}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn outputs_equal_the_native_ones() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(2).await?;
        for (function, args) in NATIVE {
            let native = run_native(function, args, "", HostInfo::default())?.join("\n");
            ensure!(stage.colony.output(function, args).await? == native, "{function}{args}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn arguments_come_by_name_too() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(1).await?;
        let kwargs = Json::from_text(r#"{"b": "3"}"#)?;
        let process = stage.colony.run(FunctionSpec { kwargs, ..call("add", "[5]")? }).await?;
        let (output, errors) = (&process.output, &process.errors);
        ensure!(output.to_texts() == ["8"], "{output:?}, {errors:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn browser_info_tells_of_its_worker() -> Result<()> {
    play(Setup::USUAL, async |stage| {
        stage.start(1).await?;
        let process = stage.colony.run(call("browser_info", "[]")?).await?;
        let executors = stage.colony.approved().await?;
        let name = executors.first().map(|executor| executor.executorname.as_str());
        let info = text(&process.output);
        ensure!(info.starts_with("User-Agent: Mozilla/5.0 "), "{info}");
        ensure!(info.contains(", Language: "), "{info}");
        ensure!(info.rsplit_once(", Executor: ").map(|(_, name)| name) == name, "{info}");
        Ok(())
    })
    .await
}
