//! Every field, good and bad.

use super::*;

fn good() -> Settings {
    Settings {
        server_url: "http://localhost:50080".to_owned(),
        colony: "dev".to_owned(),
        executor_name: "web".to_owned(),
        executor_type: "wasm".to_owned(),
        colony_key: Secret::new("ab".repeat(32)),
        pass: None,
        workers: 4,
        reload: Reload::Never,
        stale_after_s: Some(60),
    }
}

fn fields(settings: Settings) -> Vec<&'static str> {
    let errors = settings.validate(&Secret::default()).err().unwrap_or_default();
    errors.iter().map(|error| error.field).collect()
}

#[test]
fn good_settings_stay_as_they_are() {
    assert_eq!(good().validate(&Secret::default()), Ok(good()));
}

#[test]
fn addresses_take_their_plain_form() {
    for (text, plain) in [
        ("http://localhost:50080", Some("http://localhost:50080")),
        ("http://localhost:50080/", Some("http://localhost:50080")),
        (" https://Colonies.Example.org/api ", Some("https://colonies.example.org")),
        ("HTTP://10.0.0.1:80/api/", Some("http://10.0.0.1:80")),
        ("http://[::1]:50080", Some("http://[::1]:50080")),
        ("http://[::1]", Some("http://[::1]")),
        ("", None),
        ("localhost:50080", None),
        ("ftp://localhost", None),
        ("http://", None),
        ("http://:80", None),
        ("http://host:0", None),
        ("http://host:", None),
        ("http://host:+80", None),
        ("http://host:65536", None),
        ("http://host:80:81", None),
        ("http://host/path", None),
        ("http://user@host", None),
        ("http://host?x=1", None),
        ("http://[::1", None),
        ("http://[::g]", None),
        ("http://[::1]x:80", None),
        ("http://ho st", None),
    ] {
        let found = good_with(|settings| text.clone_into(&mut settings.server_url))
            .validate(&Secret::default())
            .map(|settings| settings.server_url);
        assert_eq!(found.as_deref().ok(), plain, "{text}");
        if let Err(errors) = found {
            assert_eq!(errors[0].field, "server-url", "{text}");
            assert!(errors[0].sentence.contains("http://localhost:50080"), "{text}");
        }
    }
}

fn good_with(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = good();
    change(&mut settings);
    settings
}

#[test]
fn each_bad_field_is_named() {
    let long = "x".repeat(65);
    for bad in ["", "  ", "a:b", "a\nb", long.as_str()] {
        assert_eq!(fields(good_with(|s| bad.clone_into(&mut s.colony))), ["colony-name"], "{bad}");
        let name = good_with(|s| bad.clone_into(&mut s.executor_name));
        assert_eq!(fields(name), ["executor-name"], "{bad}");
        let kind = good_with(|s| bad.clone_into(&mut s.executor_type));
        assert_eq!(fields(kind), ["executor-type"], "{bad}");
    }
    for bad in ["", "abc", &"g".repeat(64), &"a".repeat(65)] {
        let key = good_with(|s| s.colony_key = Secret::new(bad));
        assert_eq!(fields(key), ["colony-key"], "{bad}");
    }
    for bad in [0, 65, u32::MAX] {
        assert_eq!(fields(good_with(|s| s.workers = bad)), ["worker-count"], "{bad}");
    }
    let all = [
        "server-url",
        "colony-name",
        "executor-name",
        "executor-type",
        "colony-key",
        "worker-count",
    ];
    assert_eq!(fields(Settings::default()), all);
}

#[test]
fn an_empty_key_stands_for_the_remembered_one() {
    let remembered = Secret::new("CD".repeat(32));
    let settings = good_with(|s| s.colony_key = Secret::new(" ")).validate(&remembered);
    assert_eq!(settings.map(|s| s.colony_key), Ok(Secret::new("cd".repeat(32))));
    let given = good().validate(&remembered).map(|settings| settings.colony_key);
    assert_eq!(given, Ok(good().colony_key));
}

#[test]
fn a_pass_stands_for_a_key() {
    let pass = || Some(Pass { invite: Secret::new("i"), visit: Secret::new("v") });
    let keyless = || good_with(|s| (s.colony_key, s.pass) = (Secret::default(), pass()));
    let settings = keyless().validate(&Secret::default()).unwrap();
    assert_eq!(settings.to_join().access, Access::Link(pass().unwrap()));
    let key = Secret::new("ab".repeat(32));
    let both = good_with(|s| s.pass = pass()).validate(&Secret::default()).unwrap();
    assert_eq!(both.to_join().access, Access::Key(key.clone()), "a key that is given is used");
    let again = keyless().validate(&key).unwrap();
    assert_eq!(again.to_join().access, Access::Key(key), "and so is one that was given before");
}

#[test]
fn no_sentence_quotes_the_key() {
    let errors = good_with(|s| s.colony_key = Secret::new("deadbeef")).validate(&Secret::default());
    assert!(errors.err().unwrap_or_default().iter().all(|e| !e.sentence.contains("deadbeef")));
}

#[test]
fn a_call_needs_a_function() {
    let mut asked = Call {
        function: " ".to_owned(),
        args_json: "[]".to_owned(),
        kwargs_json: "{}".to_owned(),
        executor_type: "wasm".to_owned(),
        max_exec_s: -1,
    };
    assert_eq!(call(&asked).map_err(|error| error.field), Err("run-function"));
    "echo".clone_into(&mut asked.function);
    assert_eq!(call(&asked), Ok(()));
}

#[test]
fn says_where_the_server_is() {
    assert_eq!(good().server_host(), "localhost:50080");
}
