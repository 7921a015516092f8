//! What waits for what in a workflow that is submitted. Nothing here touches the file.
//!
//! A node waits for the nodes its conditions name as dependencies, each once. A workflow in which
//! nodes wait for one another in a circle is refused: none of them could ever begin. So is one of
//! more than 10,000 nodes or 100,000 dependencies.

use std::collections::{HashMap, HashSet, VecDeque};

use webpool_colony::FunctionSpec;

use crate::error::Refusal;

/// The most nodes in a workflow; one is stored while everybody else waits.
const MAX_NODES: usize = 10_000;

/// The most dependencies in a workflow.
const MAX_DEPENDENCIES: usize = 100_000;

/// The nodes around one node, as positions in the workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Links {
    /// Those it waits for, in the order of its dependencies.
    pub(crate) parents: Vec<usize>,
    /// Those that wait for it, in the order of the workflow.
    children: Vec<usize>,
}

/// Links the nodes of a workflow; one element a node, in the workflow's order.
pub(crate) fn link(specs: &[FunctionSpec]) -> Result<Vec<Links>, Refusal> {
    require_moderate(specs)?;
    let places = places(specs)?;
    let mut links = vec![Links::default(); specs.len()];
    for (place, spec) in specs.iter().enumerate() {
        let mut seen = HashSet::new();
        for name in &spec.conditions.dependencies {
            let parent = *places.get(name.as_str()).ok_or_else(unknown_dependency)?;
            if seen.insert(parent) {
                add(&mut links, parent, place);
            }
        }
    }
    match circle(&links).and_then(|place| specs.get(place)) {
        Some(spec) => Err(Refusal::bad(format!(
            "Failed to submit workflow, the dependencies of node <{}> lead back to it",
            spec.nodename
        ))),
        None => Ok(links),
    }
}

fn require_moderate(specs: &[FunctionSpec]) -> Result<(), Refusal> {
    let dependencies: usize = specs.iter().map(|spec| spec.conditions.dependencies.len()).sum();
    for (count, limit, what) in
        [(specs.len(), MAX_NODES, "nodes"), (dependencies, MAX_DEPENDENCIES, "dependencies")]
    {
        if count > limit {
            let reason = format!("{count} {what} are more than {limit}");
            return Err(Refusal::bad(format!("Failed to submit workflow, {reason}")));
        }
    }
    Ok(())
}

/// Where each node is, by its name.
fn places(specs: &[FunctionSpec]) -> Result<HashMap<&str, usize>, Refusal> {
    let mut places = HashMap::new();
    for (place, spec) in specs.iter().enumerate() {
        let name = spec.nodename.as_str();
        if name.is_empty() {
            let reason = "Nodename is missing, check function spec for errors";
            return Err(Refusal::new(500, reason));
        }
        if places.insert(name, place).is_some() {
            return Err(Refusal::new(500, format!("Duplicate nodename: {name}")));
        }
    }
    Ok(places)
}

fn unknown_dependency() -> Refusal {
    Refusal::new(
        500,
        "Failed to submit workflow, invalid dependencies, are you depending on a nodename that \
         does not exits?",
    )
}

fn add(links: &mut [Links], parent: usize, child: usize) {
    if let Some(waiting) = links.get_mut(child) {
        waiting.parents.push(parent);
    }
    if let Some(awaited) = links.get_mut(parent) {
        awaited.children.push(child);
    }
}

/// A node that waits for itself, over others or directly; none if every node can begin some day.
fn circle(links: &[Links]) -> Option<usize> {
    let mut pending: Vec<usize> = links.iter().map(|node| node.parents.len()).collect();
    let is_ready = |(place, count): (usize, &usize)| (*count == 0).then_some(place);
    let mut ready: VecDeque<usize> = pending.iter().enumerate().filter_map(is_ready).collect();
    while let Some(node) = ready.pop_front().and_then(|place| links.get(place)) {
        for child in &node.children {
            let Some(count) = pending.get_mut(*child) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 {
                ready.push_back(*child);
            }
        }
    }
    let is_stuck = |place: &usize| pending.get(*place).is_some_and(|count| *count > 0);
    let first = (0..links.len()).find(is_stuck)?;
    // What is stuck behind a circle leads back into it.
    (0..links.len())
        .try_fold(first, |place, _| links.get(place)?.parents.iter().copied().find(is_stuck))
}

#[cfg(test)]
mod tests {
    use webpool_colony::Conditions;

    use super::*;

    /// A workflow written as `a b:a c:a,b`.
    fn specs(text: &str) -> Vec<FunctionSpec> {
        let node = |word: &str| {
            let (name, dependencies) = word.split_once(':').unwrap_or((word, ""));
            let names = dependencies.split(',').filter(|name| !name.is_empty());
            let dependencies = names.map(str::to_owned).collect();
            FunctionSpec {
                nodename: name.to_owned(),
                conditions: Conditions { dependencies, ..Conditions::default() },
                ..FunctionSpec::default()
            }
        };
        text.split_whitespace().map(node).collect()
    }

    #[test]
    fn a_diamond_is_linked_in_order() {
        let links = link(&specs("d:c,b a b:a c:a,a")).unwrap();
        let expected = [(vec![3, 2], vec![]), (vec![], vec![2, 3]), (vec![1], vec![0])];
        let found = links.iter().map(|node| (node.parents.clone(), node.children.clone()));
        assert_eq!(found.take(3).collect::<Vec<_>>(), expected);
        assert_eq!(links[3], Links { parents: vec![1], children: vec![0] });
        assert_eq!(link(&[]), Ok(Vec::new()));
    }

    #[test]
    fn sizes() {
        let mut specs = vec![FunctionSpec::default(); 10_001];
        let reason = "Failed to submit workflow, 10001 nodes are more than 10000";
        assert_eq!(link(&specs), Err(Refusal::bad(reason)));
        specs.truncate(2);
        specs[0].conditions.dependencies = vec![String::new(); 100_001];
        let reason = "Failed to submit workflow, 100001 dependencies are more than 100000";
        assert_eq!(link(&specs), Err(Refusal::bad(reason)));
    }

    #[test]
    fn refusals() {
        let cases = [
            ("a :a", 500, "Nodename is missing, check function spec for errors"),
            ("a a", 500, "Duplicate nodename: a"),
            ("a b:zz", 500, "a nodename that does not exits?"),
            ("a:a", 400, "of node <a> lead back to it"),
            ("r a:c,r b:a c:b", 400, "of node <c> lead back to it"),
            ("behind:r,c r c:c", 400, "of node <c> lead back to it"),
        ];
        for (text, status, words) in cases {
            let refusal = link(&specs(text)).unwrap_err();
            assert_eq!(refusal.status, status, "{text}");
            assert!(refusal.message.contains(words), "{text}: {}", refusal.message);
        }
    }
}
