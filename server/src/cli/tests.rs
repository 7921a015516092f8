//! What the command line takes and what it refuses.

use super::*;
use clap::CommandFactory as _;

fn read(line: &[&str]) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(std::iter::once(&"webpool").chain(line))
}

fn serve(line: &[&str]) -> Serve {
    match read(line).unwrap().command {
        Command::Serve(arguments) => arguments,
        Command::Init(_) | Command::Env(_) | Command::Submit(_) | Command::Invite(_) => {
            panic!("{line:?} is another command")
        }
    }
}

fn submit(line: &[&str]) -> Submit {
    match read(line).unwrap().command {
        Command::Submit(arguments) => arguments,
        Command::Init(_) | Command::Env(_) | Command::Serve(_) | Command::Invite(_) => {
            panic!("{line:?} is another command")
        }
    }
}

fn check_refused(line: &[&str], sentence: &str) {
    let error = read(line).unwrap_err();
    assert_eq!(error.exit_code(), 2, "{line:?}");
    assert!(error.to_string().contains(sentence), "{line:?}: {error}");
}

#[test]
fn the_definition_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn serve_has_defaults() {
    let arguments = serve(&["serve"]);
    assert_eq!((arguments.port, arguments.host), (50080, DEFAULT_HOST));
    assert!(arguments.colonies.is_empty() && arguments.allow_host.is_empty());
    assert_eq!((arguments.dist, arguments.stale_after), (PathBuf::from("dist"), 600));
    assert_eq!(read(&["serve"]).unwrap().data, PathBuf::from("webpool-data"));
    assert_eq!(read(&["serve", "--data", "x"]).unwrap().data, PathBuf::from("x"));
    assert_eq!(read(&["--data", "x", "env"]).unwrap().data, PathBuf::from("x"));
}

#[test]
fn an_executor_may_be_silent_for_five_seconds_at_least() {
    assert_eq!(serve(&["serve", "--stale-after", "5"]).stale_after, 5);
    for seconds in ["4", "0", "-1", "6.5", "ten", ""] {
        let option = format!("--stale-after={seconds}");
        check_refused(&["serve", &option], "allowed is a whole number of seconds, at least 5");
    }
    let elsewhere = ["serve", "--stale-after", "6", "--colonies", "http://a"];
    check_refused(&elsewhere, "cannot be used with");
}

#[test]
fn serve_takes_names_and_servers_more_than_once() {
    let line = ["serve", "--allow-host", "a.test", "--allow-host", "b.test:1"];
    let hosts: Vec<_> = serve(&line).allow_host.iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["a.test", "b.test:1"]);
    let line = ["serve", "--colonies", "http://a,https://b", "--colonies", "http://c"];
    let servers: Vec<_> = serve(&line).colonies.iter().map(ToString::to_string).collect();
    assert_eq!(servers, ["http://a", "https://b", "http://c"]);
    assert_eq!(serve(&["serve", "--host", "[::1]"]).host.to_string(), "::1");
    assert_eq!(serve(&["serve", "--host", "localhost"]).host, DEFAULT_HOST);
}

#[test]
fn serve_refuses_nonsense() {
    check_refused(&["serve", "--port", "65536"], "0..=65535");
    check_refused(&["serve", "--host", "example.org"], "an IP address or localhost");
    check_refused(&["serve", "--allow-host", "http://a"], "NAME or NAME:PORT");
    check_refused(&["serve", "--allow-origin", "*"], "http://NAME[:PORT]");
    check_refused(&["serve", "--allow-origin", "null"], "http://NAME[:PORT]");
    check_refused(&["serve", "--trusted-proxy", "proxy.test"], "ADDRESS/BITS");
    check_refused(&["serve", "--rate-limit", "0"], "--rate-limit");
    check_refused(&["serve", "--frame-ancestors", "a.test"], "http://NAME[:PORT]");
    check_refused(&["serve", "--colonies", "localhost:50080"], "http://NAME[:PORT]");
    check_refused(&["serve", "--colonies", "http://a,b"], "http://NAME[:PORT]");
    check_refused(&["serve", "--colonies", ""], "http://NAME[:PORT]");
}

#[test]
fn init_refuses_nonsense() {
    assert!(read(&["init", "--colony", "My-colony_2.test"]).is_ok());
    check_refused(&["init"], "--colony <NAME>");
    for name in ["", "a:b", "a b", "-a", "a/b"] {
        check_refused(&["init", &format!("--colony={name}")], "1 to 64 letters");
    }
}

#[test]
fn submit_sends_words_as_typed() {
    let arguments = submit(&["submit", "add", "-5", "3", "--wait"]);
    assert_eq!((arguments.function.as_str(), arguments.wait), ("add", true));
    assert_eq!(arguments.words, ["-5", "3"]);
    assert_eq!(submit(&["submit", "echo", "--", "--wait"]).words, ["--wait"]);
    assert_eq!(arguments.executor_type, None);
    assert_eq!((arguments.count, arguments.max_exec_time), (1, None));
}

#[test]
fn submit_takes_json() {
    let arguments = submit(&["submit", "add", "--args", " [1, null]", "--kwargs", r#"{"a":1}"#]);
    assert_eq!(arguments.args.unwrap().as_str().trim(), "[1, null]");
    assert_eq!(arguments.kwargs.unwrap().as_str(), r#"{"a":1}"#);
}

#[test]
fn submit_refuses_nonsense() {
    check_refused(&["submit"], "<FUNC>");
    check_refused(&["submit", ""], "not an empty one");
    check_refused(&["submit", "f", "--type", " "], "not an empty one");
    check_refused(&["submit", "f", "--args", "5"], "a JSON array");
    check_refused(&["submit", "f", "--args", "[5", "--wait"], "a JSON array");
    check_refused(&["submit", "f", "1", "--args", "[5]"], "cannot be used with");
    check_refused(&["submit", "f", "--kwargs", "[1]"], "a JSON object");
    check_refused(&["submit", "f", "--count", "0"], "1..=100000");
    check_refused(&["submit", "f", "--timeout", "5"], "--wait");
    for timeout in ["0", "-1", "NaN", "soon", "1e300"] {
        let timeout = format!("--timeout={timeout}");
        check_refused(&["submit", "f", "--wait", &timeout], "seconds over 0");
    }
    check_refused(&["submit", "f", "--max-exec-time", "0"], "--max-exec-time");
    check_refused(&["submit", "f", "--server", "ws://a"], "http://NAME[:PORT]");
}

fn create(line: &[&str]) -> Create {
    let command = read(line).unwrap().command;
    let Command::Invite(Invite::Create(arguments)) = command else {
        panic!("{command:?} is another command")
    };
    arguments
}

#[test]
fn invites_have_few_limits_unless_told() {
    let arguments = create(&["invite", "create"]);
    assert_eq!((arguments.uses, arguments.at_once, arguments.expires), (None, 64, None));
    let line = ["invite", "create", "--uses", "3", "--expires", "7d", "--url", "https://a.test/"];
    let arguments = create(&line);
    assert_eq!(arguments.expires, Some(Duration::from_hours(7 * 24)));
    assert_eq!(arguments.url.unwrap().to_string(), "https://a.test");
    for (text, seconds) in [("90s", 90), ("5m", 300), ("2h", 7200), ("1w", 604_800)] {
        let expires = create(&["invite", "create", "--expires", text]).expires;
        assert_eq!(expires, Some(Duration::from_secs(seconds)), "{text}");
    }
}

#[test]
fn invite_refuses_nonsense() {
    for expires in ["", "0d", "7", "d", "-1d", "1.5h", "7 days", "1y", "99999999999999999w", "7ä"]
    {
        let option = format!("--expires={expires}");
        check_refused(&["invite", "create", &option], "a number and s, m, h, d or w");
    }
    check_refused(&["invite", "create", "--uses", "0"], "1..=1000000");
    check_refused(&["invite", "create", "--at-once", "10001"], "1..=10000");
    check_refused(&["invite", "create", "--url", "a.test"], "http://NAME[:PORT]");
    check_refused(&["invite", "show"], "<ID>");
    for id in ["", "1234567", "123456789", "1234567u"] {
        check_refused(&["invite", "revoke", id], "8 letters and digits");
    }
}
