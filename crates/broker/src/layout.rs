//! A process graph as a drawing: the order of its processes, and where each box is.
//!
//! The order is depth first from the roots. A box stands on the level on which that walk first
//! meets it: 80 below the level above, 50 beside its neighbour, and as wide as 150; levels are
//! centred on the widest. The drawing is the reference server's.

use std::collections::{HashMap, HashSet};

use webpool_colony::ProcessState;
use webpool_colony::graph::{GraphEdge, GraphNode, NodeData, NodeStyle, Position};

/// The width of a box.
const WIDTH: usize = 150;

/// From the left side of a box to that of its neighbour.
const STEP: usize = WIDTH + 50;

/// From one level to the next.
const LEVEL: usize = 80;

/// A process of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) processid: String,
    pub(crate) nodename: String,
    pub(crate) state: ProcessState,
    pub(crate) parents: Vec<String>,
    pub(crate) children: Vec<String>,
}

/// A member with its level, from 0.
pub(crate) type Placed<'a> = (&'a Member, usize);

/// The processes that wait for no other.
pub(crate) fn roots(members: &[Member]) -> impl Iterator<Item = &Member> {
    members.iter().filter(|member| member.parents.is_empty())
}

/// Walks a graph depth first from its roots.
pub(crate) fn walk(members: &[Member]) -> Vec<Placed<'_>> {
    let by_id: HashMap<&str, &Member> =
        members.iter().map(|member| (member.processid.as_str(), member)).collect();
    let mut seen = HashSet::new();
    let mut walked = Vec::new();
    let mut ahead: Vec<Placed<'_>> = roots(members).map(|member| (member, 0)).collect();
    ahead.reverse();
    while let Some((member, level)) = ahead.pop() {
        if !seen.insert(member.processid.as_str()) {
            continue;
        }
        walked.push((member, level));
        let children = member.children.iter().rev().filter_map(|id| by_id.get(id.as_str()));
        ahead.extend(children.map(|child| (*child, level.saturating_add(1))));
    }
    walked
}

/// The boxes, in the order of the walk.
pub(crate) fn nodes(walked: &[Placed<'_>]) -> Vec<GraphNode> {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    for (_, level) in walked {
        let count = counts.entry(*level).or_default();
        *count = count.saturating_add(1);
    }
    let widest = counts.values().copied().max().map(middle).unwrap_or_default();
    let mut next: HashMap<usize, usize> =
        counts.into_iter().map(|(level, count)| (level, widest.abs_diff(middle(count)))).collect();
    let place = |(member, level): &Placed<'_>| {
        let left = next.entry(*level).or_default();
        let position = Position { x: whole(*left), y: whole(level.saturating_mul(LEVEL)) };
        *left = left.saturating_add(STEP);
        node(member, position)
    };
    walked.iter().map(place).collect()
}

/// The middle of a level with `count` boxes.
fn middle(count: usize) -> usize {
    count.saturating_mul(STEP).saturating_sub(STEP - WIDTH) / 2
}

fn whole(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn node(member: &Member, position: Position) -> GraphNode {
    let kind = match (member.parents.is_empty(), member.children.is_empty()) {
        (true, _) => "input",
        (false, true) => "output",
        (false, false) => "",
    };
    let background = match member.state {
        ProcessState::Waiting => "#eee8d8",
        ProcessState::Running => "#4689cd",
        ProcessState::Success => "#92d050",
        ProcessState::Failed => "#cb4239",
        ProcessState::Cancelled => "#f5a623",
    };
    GraphNode {
        id: member.processid.clone(),
        data: NodeData { label: member.nodename.clone() },
        position,
        kind: kind.to_owned(),
        style: NodeStyle { color: String::new(), background: background.to_owned() },
    }
}

/// The arrows, in the order of the walk.
pub(crate) fn edges(walked: &[Placed<'_>]) -> Vec<GraphEdge> {
    let from = |(member, _): &Placed<'_>| {
        let animated = member.state == ProcessState::Running;
        let source = member.processid.clone();
        let edge = move |target: &String| GraphEdge {
            id: format!("{source}-{target}"),
            source: source.clone(),
            target: target.clone(),
            animated,
        };
        member.children.iter().map(edge).collect::<Vec<_>>()
    };
    walked.iter().flat_map(from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: &str, parents: &str, children: &str) -> Member {
        let ids = |text: &str| text.chars().map(String::from).collect();
        Member {
            processid: id.to_owned(),
            nodename: id.to_owned(),
            state: ProcessState::Waiting,
            parents: ids(parents),
            children: ids(children),
        }
    }

    #[test]
    fn a_box_stands_where_the_walk_first_meets_it() {
        let members = [
            member("a", "", "bcd"),
            member("b", "a", "e"),
            member("c", "a", "e"),
            member("d", "ae", ""),
            member("e", "bc", "d"),
            member("x", "", ""),
        ];
        let nodes = nodes(&walk(&members));
        let found: Vec<_> = nodes
            .iter()
            .map(|node| (node.id.as_str(), node.position.x, node.position.y, node.kind.as_str()))
            .collect();
        // d is met below e before it is met below a.
        let expected = [
            ("a", 0, 0, "input"),
            ("b", 0, 80, ""),
            ("e", 100, 160, ""),
            ("d", 100, 240, "output"),
            ("c", 200, 80, ""),
            ("x", 200, 0, "input"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn arrows_move_while_their_source_runs() {
        let mut members = [member("a", "", "b"), member("b", "a", "")];
        members[0].state = ProcessState::Running;
        let edges = edges(&walk(&members));
        assert_eq!(edges.len(), 1);
        assert_eq!((edges[0].id.as_str(), edges[0].animated), ("a-b", true));
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let id = |n: usize| format!("{n:05}");
        let chain: Vec<Member> = (0..50_000)
            .map(|n| Member {
                processid: id(n),
                parents: if n == 0 { Vec::new() } else { vec![id(n - 1)] },
                children: if n == 49_999 { Vec::new() } else { vec![id(n + 1)] },
                ..member("", "", "")
            })
            .collect();
        assert_eq!(walk(&chain).len(), 50_000);
        assert_eq!(walk(&[]).len(), 0);
    }
}
