//! Lines, by hand and by chance.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const S: Duration = Duration::from_secs(1);

fn polls(steps: &[Step]) -> Vec<(Ticket, PollNumber)> {
    let poll = |step: &Step| match step {
        Step::Poll { ticket, number } => Some((*ticket, *number)),
        Step::Nothing(_) => None,
    };
    steps.iter().filter_map(poll).collect()
}

fn tickets(steps: &[Step]) -> Vec<Ticket> {
    polls(steps).into_iter().map(|(ticket, _)| ticket).collect()
}

/// Five that wait, two of them with a request at the server.
fn five() -> (Queue, Vec<PollNumber>) {
    let mut queue = Queue::new(2);
    let steps: Vec<Step> = (1..=5).flat_map(|ticket| queue.wait(S, ticket, "wasm")).collect();
    assert_eq!(tickets(&steps), [1, 2]);
    (queue, polls(&steps).into_iter().map(|(_, number)| number).collect())
}

#[test]
fn who_asked_in_vain_goes_to_the_end() {
    let (mut queue, numbers) = five();
    let (answered, steps) = queue.ended(2 * S, numbers[0], Polled::Nothing);
    assert_eq!((answered, tickets(&steps)), (None, vec![3]));
    let (_, steps) = queue.ended(2 * S, numbers[1], Polled::Nothing);
    assert_eq!(tickets(&steps), [4]);
    let (_, steps) = queue.ended(2 * S, polls(&steps)[0].1, Polled::Nothing);
    assert_eq!(tickets(&steps), [5]);
    let (_, steps) = queue.ended(2 * S, polls(&steps)[0].1, Polled::Nothing);
    assert_eq!(tickets(&steps), [1], "round and round");
}

#[test]
fn work_makes_room_for_the_next_at_once() {
    let (mut queue, numbers) = five();
    let (answered, steps) = queue.ended(S, numbers[1], Polled::Answered);
    assert_eq!((answered, tickets(&steps)), (Some(2), vec![3]));
}

#[test]
fn types_do_not_wait_for_each_other() {
    let (mut queue, _) = five();
    assert_eq!(tickets(&queue.wait(S, 6, "other")), [6]);
}

#[test]
fn after_four_minutes_there_is_nothing() {
    let (mut queue, numbers) = five();
    assert_eq!(queue.due(), Some(S + PATIENCE));
    assert_eq!(queue.tick(S + PATIENCE), [Step::Nothing(3), Step::Nothing(4), Step::Nothing(5)]);
    let (_, steps) = queue.ended(2 * S + PATIENCE, numbers[0], Polled::Nothing);
    assert_eq!(steps, [Step::Nothing(1)]);
    assert_eq!(queue.waiting(), 1);
}

#[test]
fn who_withdraws_leaves_its_request_at_the_server() {
    let (mut queue, numbers) = five();
    assert_eq!(queue.withdraw(3), None);
    assert_eq!(queue.withdraw(1), Some(numbers[0]));
    assert_eq!(queue.open(), 2, "it may still bring something");
    let (answered, steps) = queue.ended(S, numbers[0], Polled::Answered);
    assert_eq!((answered, tickets(&steps)), (None, vec![4]), "for nobody");
}

#[test]
fn a_server_out_of_reach_is_tried_again_and_nobody_is_told() {
    let (mut queue, numbers) = five();
    for number in numbers {
        assert_eq!(queue.ended(S, number, Polled::Lost), (None, Vec::new()));
    }
    assert_eq!(queue.due(), Some(S + FIRST_PAUSE));
    assert_eq!(queue.tick(S), []);
    let steps = queue.tick(S + FIRST_PAUSE);
    assert_eq!(tickets(&steps), [2], "one goes ahead, and it is who waits the longest or so");
    let (_, steps) = queue.ended(2 * S, polls(&steps)[0].1, Polled::Lost);
    assert_eq!(steps, []);
    assert_eq!(queue.due(), Some(2 * S + 2 * FIRST_PAUSE));
    let steps = queue.tick(3 * S);
    let (_, steps) = queue.ended(3 * S, polls(&steps)[0].1, Polled::Nothing);
    assert_eq!(steps.len(), 2, "it is back");
}

proptest! {
    /// Whatever happens: never more at the server than may be, and everybody gets there in turn.
    #[test]
    fn nobody_is_left_out(
        limit in 1_usize..5,
        count in 1_u64..20,
        choices in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..4), 1..60),
    ) {
        let mut queue = Queue::new(limit);
        let mut open: BTreeSet<PollNumber> = BTreeSet::new();
        let mut now = S;
        for ticket in 0..count {
            open.extend(polls(&queue.wait(now, ticket, "wasm")).iter().map(|(_, number)| number));
        }
        for (index, choice) in choices {
            now += Duration::from_millis(100);
            let Some(number) = (!open.is_empty()).then(|| *index.get(&open.iter().collect::<Vec<_>>())).copied() else { break };
            let polled = [Polled::Nothing, Polled::Nothing, Polled::Lost, Polled::Answered];
            open.remove(&number);
            let (_, steps) = queue.ended(now, number, polled[usize::from(choice)]);
            open.extend(polls(&steps).iter().map(|(_, number)| number));
            open.extend(polls(&queue.tick(now)).iter().map(|(_, number)| number));
            prop_assert!(open.len() <= limit);
            prop_assert_eq!(open.len(), queue.open());
        }
        // from now on all goes well: everybody who still waits is asked for within one round
        let mut left: BTreeSet<Ticket> = (0..count).filter(|t| queue.waits.contains_key(t)).collect();
        now += Duration::from_secs(10);
        let mut steps = queue.tick(now);
        let mut number_of: Vec<(Ticket, PollNumber)> = queue.polls.iter().map(|(n, (t, _))| (*t, *n)).collect();
        for _ in 0..3 * count {
            for (ticket, _) in &number_of { left.remove(ticket); }
            number_of.extend(polls(&steps));
            let Some((_, number)) = number_of.pop() else { break };
            steps = queue.ended(now, number, Polled::Nothing).1;
            for (ticket, _) in polls(&steps) { left.remove(&ticket); }
        }
        prop_assert!(left.is_empty(), "{left:?}");
    }
}
