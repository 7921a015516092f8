//! Tests of the arguments: where they may stand, what they may be, and every refusal.

use crate::tests::{check, check_error, output};

#[test]
fn arguments_come_by_position_or_by_name() {
    let cases = [
        ("[5, 3]", ""),
        ("[5, 3]", "null"),
        ("[ 5 , 3 ]", " {} "),
        ("[5]", r#"{"b": 3}"#),
        ("[]", r#"{"b": 3, "a": 5}"#),
        ("", r#"{"a": "5", "b": 3.0}"#),
        (" null ", r#"{"b": "+3", "a": " 5\n"}"#),
    ];
    for (args, kwargs) in cases {
        assert_eq!(output("add", args, kwargs), "8", "{args} {kwargs}");
    }
}

#[test]
fn integers_may_be_written_in_many_ways() {
    for n in
        ["10", "10.0", "1e1", r#""10""#, r#"" 10 ""#, r#""1e1""#, r#""10.0""#, r#""\u0031\u0030""#]
    {
        check("fibonacci", &format!("[{n}]"), "55");
    }
}

#[test]
fn refusals_say_what_where_and_what_is_allowed() {
    let finite = "a finite number (at most ±1.797e308)";
    let cases = [
        ("[5]", "", "argument b (position 2) of add is missing".to_owned()),
        ("", r#"{"b":1}"#, "argument a (position 1) of add is missing".to_owned()),
        ("[1,2,3]", "", "add takes 2 arguments (a, b), got 3 by position".to_owned()),
        ("[1,2]", r#"{"c":3}"#, "add has no argument «c»; it takes 2 arguments (a, b)".to_owned()),
        (
            "[1,2]",
            r#"{"b":2}"#,
            "argument b of add is given twice: at position 2 and by name".to_owned(),
        ),
        ("[null,2]", "", "argument a of add must be a number, got null".to_owned()),
        ("[true,2]", "", "argument a of add must be a number, got true".to_owned()),
        ("[1,[ 2 ]]", "", "argument b of add must be a number, got [2]".to_owned()),
        ("[1]", r#"{"b":{}}"#, "argument b of add must be a number, got {}".to_owned()),
        (r#"["five",2]"#, "", r#"argument a of add must be a number, got "five""#.to_owned()),
        (r#"["",2]"#, "", r#"argument a of add must be a number, got """#.to_owned()),
        (r#"["NaN",2]"#, "", format!(r#"argument a of add must be {finite}, got "NaN""#)),
        (r#"["-inf",2]"#, "", format!(r#"argument a of add must be {finite}, got "-inf""#)),
        ("[1e999,2]", "", format!("argument a of add must be {finite}, got 1e999")),
        ("5", "", "args must be a JSON array, got 5".to_owned()),
        ("[NaN]", "", "args must be a JSON array, got [NaN]".to_owned()),
        (r#"{"a":1}"#, "", r#"args must be a JSON array, got {"a":1}"#.to_owned()),
        ("[1]", "[2]", "kwargs must be a JSON object, got [2]".to_owned()),
        ("[1]", "{b:2}", "kwargs must be a JSON object, got {b:2}".to_owned()),
    ];
    for (args, kwargs, expected) in cases {
        check_error("add", args, kwargs, &expected);
    }
}

#[test]
fn integers_are_whole_and_within_limits() {
    let cases = [
        ("[5.5]", "argument n of fibonacci must be an integer, got 5.5"),
        (r#"["5.5"]"#, r#"argument n of fibonacci must be an integer, got "5.5""#),
        (r#"["NaN"]"#, r#"argument n of fibonacci must be an integer, got "NaN""#),
        ("[false]", "argument n of fibonacci must be an integer, got false"),
        ("[-1]", "argument n of fibonacci: -1 is outside 0..=1000000"),
        (r#"[" 1e6000 "]"#, r#"argument n of fibonacci must be an integer, got " 1e6000 ""#),
        (r#"[" 1e60 "]"#, "argument n of fibonacci: 1e60 is outside 0..=1000000"),
    ];
    for (args, expected) in cases {
        check_error("fibonacci", args, "", expected);
    }
}

#[test]
fn what_was_given_is_quoted_in_short() {
    let expected = format!("argument a of add must be a number, got \"{}…", "x".repeat(59));
    check_error("add", &format!(r#"["{}", 1]"#, "x".repeat(1000)), "", &expected);
    let expected = format!("args must be a JSON array, got {}…", "x".repeat(60));
    check_error("add", &"x".repeat(1000), "", &expected);
}

#[test]
fn a_lone_surrogate_is_no_text() {
    let expected =
        r#"argument message of echo must be Unicode without lone surrogates, got "\ud800""#;
    check_error("echo", r#"["\ud800"]"#, "", expected);
}
