//! Processes added to a workflow by those who run its nodes.

use webpool_colony::request::AddChild;
use webpool_colony::{Error, FunctionSpec, PrivateKey, Process, ProcessState};

use super::fixture::{Fixture, sentence};
use super::graphs::{fail, graph, node, start, submit};

/// A child of `parent`; `insert` is whether it comes before the parent's children.
fn child(graphid: &str, parent: &str, before: &str, insert: bool) -> AddChild {
    AddChild {
        processgraphid: graphid.to_owned(),
        parentprocessid: parent.to_owned(),
        childprocessid: before.to_owned(),
        spec: Some(node("new", &[])),
        insert,
    }
}

fn add(fixture: &Fixture, key: &PrivateKey, request: &AddChild) -> Result<Process, Error> {
    fixture.ask(key, request)
}

/// Takes a process and ends it with its node's name; returns that and its input.
fn work(fixture: &Fixture, key: &PrivateKey) -> (String, String) {
    let process = fixture.take(key);
    fixture.close(key, &process.processid, &process.spec.nodename).unwrap();
    (process.spec.nodename, process.input.as_str().to_owned())
}

fn pair(name: &str, input: &str) -> (String, String) {
    (name.to_owned(), input.to_owned())
}

#[test]
fn a_child_beside_the_others() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let (id, ids) = start(&fixture, "a b:a");
    fixture.take(&executor);
    let added = add(&fixture, &executor, &child(&id, &ids[0], "", false)).unwrap();
    assert_eq!((&added.parents, added.waitforparents), (&vec![ids[0].clone()], true));
    assert_eq!((added.processgraphid.as_str(), added.initiatorname.as_str()), (&*id, ""));
    let parent = fixture.process(&ids[0]);
    assert_eq!(parent.children, [ids[1].clone(), added.processid.clone()]);
    fixture.close(&executor, &ids[0], "a").unwrap();
    assert_eq!(work(&fixture, &executor), pair("b", r#"["a"]"#));
    assert_eq!(graph(&fixture, &id).state(), Some(ProcessState::Running));
    assert_eq!(work(&fixture, &executor), pair("new", r#"["a"]"#));
    assert_eq!(graph(&fixture, &id).state(), Some(ProcessState::Success));
}

#[test]
fn a_child_before_one_of_the_others() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let (id, ids) = start(&fixture, "a b:a");
    fixture.take(&executor);
    let added = add(&fixture, &executor, &child(&id, &ids[0], &ids[1], false)).unwrap();
    assert_eq!(added.children, [ids[1].clone()]);
    assert_eq!(fixture.process(&ids[1]).parents, [ids[0].clone(), added.processid]);
    fixture.close(&executor, &ids[0], "a").unwrap();
    assert_eq!(work(&fixture, &executor), pair("new", r#"["a"]"#));
    assert_eq!(work(&fixture, &executor), pair("b", r#"["a","new"]"#));
    assert_eq!(graph(&fixture, &id).state(), Some(ProcessState::Success));
}

#[test]
fn a_child_between_the_parent_and_all_others() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let (id, ids) = start(&fixture, "a x b:a,x c:a");
    fixture.take(&executor);
    let added = add(&fixture, &executor, &child(&id, &ids[0], "", true)).unwrap();
    assert_eq!(added.children, ids[2..]);
    let only = std::slice::from_ref(&added.processid);
    assert_eq!(fixture.process(&ids[0]).children, only);
    assert_eq!(fixture.process(&ids[2]).parents, [ids[1].clone(), added.processid.clone()]);
    assert_eq!(fixture.process(&ids[3]).parents, only);
    fixture.close(&executor, &ids[0], "a").unwrap();
    assert_eq!(work(&fixture, &executor), pair("x", "[]"));
    assert_eq!(work(&fixture, &executor), pair("new", r#"["a"]"#));
    assert_eq!(work(&fixture, &executor), pair("b", r#"["x","new"]"#));
    assert_eq!(work(&fixture, &executor), pair("c", r#"["new"]"#));
    assert_eq!(graph(&fixture, &id).state(), Some(ProcessState::Success));
}

#[test]
fn a_node_with_a_new_child_is_no_leaf() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let (id, ids) = start(&fixture, "a b");
    assert_eq!(fixture.take(&executor).processid, ids[0]);
    let added = add(&fixture, &executor, &child(&id, &ids[0], "", false)).unwrap();
    fail(&fixture, &executor, &ids[0]).unwrap();
    for id in [&added.processid, &ids[1]] {
        assert_eq!(fixture.state(id), Some(ProcessState::Failed));
    }
}

#[test]
fn what_may_not_be_added() {
    let fixture = Fixture::new();
    let (executor, other) = (fixture.executor("e1"), fixture.executor("e2"));
    let alone = fixture.submit("alone").processid;
    fixture.take(&executor);
    let (id, ids) = start(&fixture, "r a:r b:a");
    let (elsewhere, theirs) = start(&fixture, "x y:x");
    let nowhere = "0".repeat(64);
    work(&fixture, &executor);
    let process = |id: &str, what: &str| format!("Process with Id {id} {what}");
    let not_running = process(&ids[1], "is not running");
    let request = child(&id, &ids[1], "", false);
    assert_eq!(sentence(add(&fixture, &executor, &request)), (400, not_running));
    assert_eq!(fixture.take(&executor).processid, ids[1]);
    let assigned = format!("is not assigned to executor with Id {}", other.id().as_str());
    assert_eq!(sentence(add(&fixture, &other, &request)), (400, process(&ids[1], &assigned)));
    let not_there = format!("does not wait in processgraph with Id {id}");
    let other_graph = format!("does not belong to processgraph with Id {elsewhere}");
    let cases = [
        (child(&id, &nowhere, "", false), process(&nowhere, "is not running")),
        (child(&id, &alone, "", false), process(&alone, "does not belong to a processgraph")),
        (child(&elsewhere, &ids[1], "", false), process(&ids[1], &other_graph)),
        (child(&id, &ids[1], &nowhere, false), process(&nowhere, &not_there)),
        (child(&id, &ids[1], &theirs[1], false), process(&theirs[1], &not_there)),
        (child(&id, &ids[1], &ids[0], false), process(&ids[0], &not_there)),
        (child(&id, &ids[1], &ids[1], false), process(&ids[1], &not_there)),
    ];
    let before = graph(&fixture, &id);
    for (request, reason) in cases {
        assert_eq!(sentence(add(&fixture, &executor, &request)), (400, reason));
    }
    assert_eq!(graph(&fixture, &id), before);
}

#[test]
fn a_child_belongs_to_its_parents_colony() {
    let fixture = Fixture::new();
    let executor = fixture.executor("e1");
    let owner = PrivateKey::generate();
    fixture.add_colony("other", &owner, &executor);
    let graph = submit(&fixture, vec![node("a", &[])]).unwrap();
    let parent = fixture.take(&executor).processid;
    let mut request = child(&graph.processgraphid, &parent, "", false);
    let elsewhere = |mut spec: FunctionSpec| {
        "other".clone_into(&mut spec.conditions.colonyname);
        spec
    };
    request.spec = request.spec.map(elsewhere);
    let reason = format!("Process with Id {parent} is not in Colony with name <other>");
    assert_eq!(sentence(add(&fixture, &executor, &request)), (400, reason));
}
