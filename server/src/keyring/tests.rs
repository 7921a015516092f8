//! Names of colonies, the file of the keys as text, and that no key shows.

use super::*;

#[test]
fn names() {
    for text in ["a", "0", "My-colony_2.test", &"x".repeat(64)] {
        assert_eq!(name(text).as_deref(), Ok(text));
    }
    let bad = ["", " ", "a:b", "a b", "-a", ".a", "_a", "a/b", "a\n", "ä", "a$b", &"x".repeat(65)];
    for text in bad {
        assert_eq!(name(text), Err(NoName), "{text:?}");
    }
    assert!(NoName.to_string().contains("1 to 64 letters"));
}

#[test]
fn the_development_keys_have_their_ids() {
    let keyring = Keyring::development();
    let ids = [keyring.server_id(), keyring.colony_key.id(), keyring.user_key.id()];
    let known = [
        "039231c7644e04b6895471dd5335cf332681c54e27f81fac54f9067b3f2c0103",
        "4787a5071856a4acf702b2ffcea422e3237a679c681314113d86139461290cf4",
        "3fc05cf3df4b494e95d6a3d297a34f19938f7daa7422ab0d4f794454133341ac",
    ];
    assert_eq!(ids.map(|id| id.to_string()), known);
}

#[test]
fn fresh_keys_survive_the_file_and_differ() {
    let keyring = Keyring::generate("mine".to_owned());
    let read = Keyring::from_text(&keyring.to_text()).unwrap();
    assert_eq!(read.colony, "mine");
    assert_eq!(read.server_key, keyring.server_key);
    assert_eq!(read.colony_key, keyring.colony_key);
    assert_eq!(read.user_key, keyring.user_key);
    assert!(!read.is_public());
    let (server, colony, user) = (&read.server_key, &read.colony_key, &read.user_key);
    assert!(server != colony && colony != user && user != server);
    assert_ne!(Keyring::generate("mine".to_owned()).server_key, read.server_key);
}

#[test]
fn no_key_shows() {
    let keyring = Keyring::generate("mine".to_owned());
    let debug = format!("{keyring:?}");
    for key in [&keyring.server_key, &keyring.colony_key, &keyring.user_key] {
        assert!(!debug.contains(key.to_hex()), "{debug}");
    }
}

#[test]
fn nonsense_is_refused_without_repeating_it() {
    let good = Keyring::generate("mine".to_owned()).to_text();
    let key = Keyring::from_text(&good).unwrap().user_key.to_hex().to_owned();
    let refused = |text: &str| {
        let sentence = crate::error::sentence(&Keyring::from_text(text).unwrap_err());
        assert!(!sentence.contains(&key) && !sentence.contains("secret"), "{sentence}");
        sentence
    };
    assert!(refused("secret").contains("no JSON"));
    assert!(refused(&good.replace('}', "")).contains("no JSON"));
    assert!(refused("[]").contains("`version`"));
    assert!(refused(&good.replace(": 1", ": 2")).contains("`version` is not 1"));
    assert!(refused(&good.replace("mine", "a:secret")).contains("`colony`"));
    assert!(refused(&good.replace(&key, "secret")).contains("`user_key`"));
    assert!(refused(&good.replace("colony_key", "other")).contains("`colony_key`"));
}
