//! The machine at work without a browser: native executors, real kernels, a real broker on disk.
#![expect(clippy::unwrap_used, reason = "a test's helpers may panic")]
#![expect(clippy::disallowed_methods, reason = "native: the driver's clock")]

mod colony;
mod driver;

use std::time::Duration;

use colony::Colony;
use driver::Driver;
use webpool_colony::{Json, ProcessState, reply, request};
use webpool_executor::Event;

/// Long enough for a loaded machine; nothing waits for it to pass.
const PATIENCE: Duration = Duration::from_mins(2);

#[test]
fn the_tutorials_five_submissions_run_natively() {
    let colony = Colony::new("tutorial");
    let drivers: Vec<Driver> = (0..4).map(|slot| Driver::start(&colony, slot)).collect();
    let cases: [(&str, &str, &str); 5] = [
        ("echo", r#"["Hello from browser!"]"#, "Hello from browser!"),
        ("add", r#"["5","3"]"#, "8"),
        ("multiply", r#"["7","6"]"#, "42"),
        ("greet", r#"["World"]"#, "Hello, World! Greetings from the WASM executor."),
        ("browser_info", "[]", "User-Agent: native, Language: en, Executor: webpool-"),
    ];
    for (function, args, expected) in cases {
        let process = colony.settle(&colony.submit(function, args), PATIENCE);
        assert_eq!(process.state(), Some(ProcessState::Success), "{function}: {process:?}");
        let output = process.output.to_texts();
        assert!(output.first().is_some_and(|text| text.starts_with(expected)), "{output:?}");
    }
    drop(drivers);
}

#[test]
fn no_argument_of_any_type_stops_an_executor() {
    let colony = Colony::new("nonsense");
    let driver = Driver::start(&colony, 0);
    let nonsense = [
        "null",
        "[]",
        "[null,null]",
        "[1,[2]]",
        r#"[{"a":1},2]"#,
        r#"["NaN","1"]"#,
        "[true,false]",
        r#"["",""]"#,
    ];
    for args in nonsense {
        let process = colony.settle(&colony.submit("add", args), PATIENCE);
        assert_eq!(process.state(), Some(ProcessState::Failed), "{args}");
        assert_eq!(process.errors.to_texts().len(), 1, "{args}: {:?}", process.errors);
    }
    let process = colony.settle(&colony.submit("nonsense", "[]"), PATIENCE);
    assert!(process.errors.as_str().contains("nonsense"), "{:?}", process.errors);
    let process = colony.settle(&colony.submit("add", "[5,3]"), PATIENCE);
    assert_eq!(process.output.to_texts(), ["8"]);
    drop(driver);
}

#[test]
fn a_process_too_long_to_be_read_fails_and_the_next_one_runs() {
    let colony = Colony::new("long");
    // As base64 of JSON a third longer: over the limit of a reply, under that of a request.
    let length = usize::try_from(reply::MAX_REPLY_BYTES).unwrap() * 3 / 4;
    colony.submit_unread("echo", Json::from_strings(&["x".repeat(length)]));
    let driver = Driver::start(&colony, 0);
    colony.wait_for_failed(1, PATIENCE);
    let process = colony.settle(&colony.submit("add", "[5,3]"), PATIENCE);
    assert_eq!(process.output.to_texts(), ["8"]);
    drop(driver);
}

#[test]
fn forty_eight_processes_are_shared_and_finish_leaves_nobody_behind() {
    let colony = Colony::new("shared");
    let drivers: Vec<Driver> = (0..8).map(|slot| Driver::start(&colony, slot)).collect();
    let ids: Vec<String> = (0..48).map(|n| colony.submit("add", &format!("[{n},1]"))).collect();
    for (n, id) in ids.iter().enumerate() {
        let process = colony.settle(id, PATIENCE);
        assert_eq!(process.output.to_texts(), [(n + 1).to_string()]);
    }
    for driver in &drivers {
        driver.tell(Event::Finish);
    }
    for driver in drivers {
        driver.join();
    }
    let request = request::GetExecutors { colonyname: colony.name.clone() };
    let executors = colony.ask(&request).unwrap_or_default();
    assert_eq!(executors.len(), 8);
    assert!(executors.iter().all(|executor| executor.state == 3), "{executors:?}");
}

#[test]
fn stop_gives_the_running_process_back() {
    let colony = Colony::new("stop");
    let driver = Driver::start(&colony, 0);
    driver.hold_computing();
    let id = colony.submit("echo", r#"["x"]"#);
    colony.wait_for(&id, ProcessState::Running, PATIENCE);
    driver.tell(Event::Stop);
    colony.wait_for(&id, ProcessState::Waiting, PATIENCE);
    driver.join();
    let second = Driver::start(&colony, 1);
    assert_eq!(colony.settle(&id, PATIENCE).output.to_texts(), ["x"]);
    drop(second);
}
