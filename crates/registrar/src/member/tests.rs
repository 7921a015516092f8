//! What members may be called.

use super::*;

fn check(change: impl FnOnce(&mut NewMember, &mut Terms), sentence: &str) {
    let mut new = NewMember {
        id: Id::from_text("0123456789abcdef".repeat(4)),
        name: "ada-laptop-0-01234567".to_owned(),
        executor_type: "wasm".to_owned(),
        colony: "dev".to_owned(),
        role: LinkRole::Executor,
    };
    let mut terms = Terms {
        colony: "dev".to_owned(),
        executor_type: Some("wasm".to_owned()),
        name_prefix: "ada-".to_owned(),
        at_once: 1,
    };
    change(&mut new, &mut terms);
    let found = new.check(&terms).map_or_else(|refusal| refusal.to_string(), |()| String::new());
    assert_eq!(found, sentence, "{new:?} {terms:?}");
}

fn check_name(name: &str, sentence: &str) {
    check(|new, _| name.clone_into(&mut new.name), sentence);
}

#[test]
fn names() {
    let ending = "a name ends with its slot and the first 8 digits of its id";
    check_name("ada-0-01234567", "");
    check_name("ada-laptop-63-01234567", "");
    check_name("ada-\u{fc}-63-01234567", "");
    check_name("bob-0-01234567", "names begin with «ada-» here");
    check_name("ada--01234567", ending);
    check_name("ada-x-01234567", ending);
    check_name("ada-00000-01234567", ending);
    check_name("ada-001234567", ending);
    check_name("ada-0-01234568", ending);
    check_name("ada-page-01234567", ending);
    let plain = "a name has at most 100 characters, without `:`";
    check_name("ada-a:b-0-01234567", plain);
    check_name("ada-\n-0-01234567", plain);
    check_name(&format!("ada-{}-0-01234567", "x".repeat(85)), "");
    check_name(&format!("ada-{}-0-01234567", "x".repeat(86)), plain);
    let unnamed = |new: &mut NewMember, terms: &mut Terms| {
        terms.name_prefix.clear();
        new.name = "-0-01234567".to_owned();
    };
    check(unnamed, ending);
}

#[test]
fn visitors_have_a_page_and_any_type() {
    let visitor = |name: &'static str| {
        move |new: &mut NewMember, _: &mut Terms| {
            new.role = LinkRole::Visitor;
            new.executor_type.clear();
            name.clone_into(&mut new.name);
        }
    };
    check(visitor("ada-page-01234567"), "");
    let ending = "a name ends with its slot and the first 8 digits of its id";
    check(visitor("ada-0-01234567"), ending);
}

#[test]
fn types_ids_and_colonies() {
    check(|_, terms| terms.executor_type = None, "");
    check(|new, _| new.executor_type = "other".to_owned(), "executors are of the type «wasm» here");
    let kind = "an executor type has 1 to 64 characters, without `:`";
    for bad in ["", "a:b", &"x".repeat(65)] {
        let any = |new: &mut NewMember, terms: &mut Terms| {
            bad.clone_into(&mut new.executor_type);
            terms.executor_type = None;
        };
        check(any, kind);
    }
    check(|new, _| new.colony = "other".to_owned(), "this invite is for another colony, dev");
    let id = "an id has 64 hex digits 0-9 and a-f";
    for bad in ["", "0123456789", &"0123456789ABCDEF".repeat(4)] {
        check(|new, _| new.id = Id::from_text(bad), id);
    }
}
