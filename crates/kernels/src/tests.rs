//! What every function is tested with: run natively, compare the one string put out.

use crate::{ALL, Error, HostInfo, Kind, find, run_native};

pub(crate) fn run(name: &str, args: &str, kwargs: &str) -> Result<Vec<String>, Error> {
    let info = HostInfo {
        user_agent: "test/1".to_owned(),
        language: "en".to_owned(),
        executor_name: "wasm-0".to_owned(),
    };
    run_native(name, args, kwargs, info)
}

pub(crate) fn output(name: &str, args: &str, kwargs: &str) -> String {
    let [output] = run(name, args, kwargs).unwrap().try_into().unwrap();
    output
}

pub(crate) fn check(name: &str, args: &str, expected: &str) {
    assert_eq!(output(name, args, ""), expected, "{name} {args}");
}

pub(crate) fn check_error(name: &str, args: &str, kwargs: &str, expected: &str) {
    let error = run(name, args, kwargs).unwrap_err();
    assert_eq!(error.to_string(), expected, "{name} {args} {kwargs}");
}

#[test]
fn an_unknown_function_is_refused_with_what_is_on_offer() {
    let expected = "unknown function «foo»; this executor offers: echo, add, multiply, greet, \
                    browser_info, fibonacci, count_primes, monte_carlo_pi, mandelbrot, burn";
    check_error("foo", "[]", "", expected);
    assert!(run(&"x".repeat(10_000), "", "").unwrap_err().to_string().len() < 400);
}

/// Any JSON in any argument of any function is an answer or a sentence, never a panic.
#[test]
fn every_function_survives_every_kind_of_argument() {
    let values =
        ["null", "true", "0", "-1", "5.5", "1e999", r#""x""#, r#""""#, "[]", "{}", "[[1]]"];
    for kernel in ALL.iter().filter(|kernel| kernel.name != "burn") {
        for value in values {
            let args = vec![value; kernel.params.len()].join(",");
            if let Err(error) = run(kernel.name, &format!("[{args}]"), "") {
                assert!(error.to_string().contains(kernel.name), "{error}");
            }
        }
        let by_kind = kernel.params.iter().any(|param| param.kind != Kind::Any);
        let nested = format!("[{}1{}]", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(run(kernel.name, &nested, "").is_err(), by_kind || kernel.params.is_empty());
    }
}

#[test]
fn nothing_given_names_the_first_argument() {
    for kernel in ALL.iter().filter(|kernel| !kernel.params.is_empty()) {
        let first = kernel.params[0].name;
        let expected = format!("argument {first} (position 1) of {} is missing", kernel.name);
        check_error(kernel.name, "null", "{}", &expected);
    }
    assert!(find("").is_none());
}
