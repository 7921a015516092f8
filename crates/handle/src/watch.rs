//! What a worker's words mean, given what it said before.
//!
//! A worker is starting until it says its build, ready until its first misstep, and over then:
//! one [`Event::Crashed`] or [`Event::Outdated`] is delivered, nothing after it. So of the two
//! signs of a panic (its text, then the error of the trap) only the first counts.

use webpool_wire::BUILD;

/// What the parent of a worker is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<T> {
    /// The worker takes messages; said once, before any message.
    Ready,
    /// What the worker said.
    Message(T),
    /// The worker has ended, or is ended now: the last event, with a text for a person.
    Crashed(String),
    /// The worker is of another build, and is ended now: the last event, with a text for a person.
    /// A fresh one would be of that build too.
    Outdated(String),
}

/// What was heard of a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard<T> {
    /// It says that it takes messages, and its build.
    Ready {
        /// The worker's build.
        build: String,
    },
    /// Its last words, or the text of an error that it did not catch.
    Crashed {
        /// For a person.
        text: String,
    },
    /// A message for this parent, or one that somebody else takes from here (`None`).
    Message(Option<T>),
    /// A message that does not decode.
    Garbled {
        /// Why not.
        reason: String,
    },
    /// The time to get ready is up.
    Deadline {
        /// How long it was, in ms.
        after_ms: u32,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Starting,
    Ready,
    Over,
}

/// One worker as its parent knows it.
#[derive(Debug, Default)]
pub struct Watch {
    phase: Phase,
}

impl Watch {
    /// Takes what was heard and returns what the parent is told, if anything.
    pub fn hear<T>(&mut self, heard: Heard<T>) -> Option<Event<T>> {
        let text = match (self.phase, heard) {
            (Phase::Over, _) | (Phase::Ready, Heard::Deadline { .. }) => return None,
            (Phase::Starting, Heard::Ready { build }) if build == BUILD => {
                self.phase = Phase::Ready;
                return Some(Event::Ready);
            }
            (Phase::Ready, Heard::Message(message)) => return message.map(Event::Message),
            (Phase::Starting, Heard::Ready { build }) => {
                self.end();
                let text = format!("the worker is of build {build}, its parent of build {BUILD}");
                return Some(Event::Outdated(text));
            }
            (Phase::Ready, Heard::Ready { .. }) => {
                "the worker said twice that it is ready".to_owned()
            }
            (_, Heard::Crashed { text }) => text,
            (_, Heard::Garbled { reason }) => {
                format!("the worker sent a message that cannot be read: {reason}")
            }
            (Phase::Starting, Heard::Message(_)) => {
                "the worker sent a message before it was ready".to_owned()
            }
            (Phase::Starting, Heard::Deadline { after_ms }) => {
                format!("the worker did not start within {after_ms} ms")
            }
        };
        self.end();
        Some(Event::Crashed(text))
    }

    /// Ends it: nothing is told from now on.
    pub fn end(&mut self) {
        self.phase = Phase::Over;
    }

    /// Tells whether nothing is told any more.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready() -> Heard<u32> {
        Heard::Ready { build: BUILD.to_owned() }
    }

    fn crashed(text: &str) -> Event<u32> {
        Event::Crashed(text.to_owned())
    }

    /// Lets a watch hear one thing after the other.
    fn check(heard: Vec<Heard<u32>>, told: &[Option<Event<u32>>]) {
        let mut watch = Watch::default();
        let events: Vec<_> = heard.into_iter().map(|one| watch.hear(one)).collect();
        assert_eq!(events, told);
    }

    #[test]
    fn messages_follow_ready() {
        let heard = vec![ready(), Heard::Message(Some(7)), Heard::Message(None)];
        check(heard, &[Some(Event::Ready), Some(Event::Message(7)), None]);
        let early = "the worker sent a message before it was ready";
        check(vec![Heard::Message(Some(7)), ready()], &[Some(crashed(early)), None]);
    }

    #[test]
    fn the_deadline_counts_only_before_ready() {
        let deadline = || Heard::Deadline { after_ms: 900 };
        check(vec![ready(), deadline()], &[Some(Event::Ready), None]);
        let late = Some(crashed("the worker did not start within 900 ms"));
        check(vec![deadline(), ready()], &[late, None]);
    }

    #[test]
    fn another_build_is_outdated() {
        let other = || Heard::Ready { build: "b2".to_owned() };
        let text = format!("the worker is of build b2, its parent of build {BUILD}");
        check(vec![other(), ready()], &[Some(Event::Outdated(text)), None]);
        for second in [other(), ready()] {
            let twice = crashed("the worker said twice that it is ready");
            check(vec![ready(), second], &[Some(Event::Ready), Some(twice)]);
        }
    }

    #[test]
    fn one_crash_is_told_and_nothing_after_it() {
        let panic = || Heard::Crashed { text: "panicked at a.rs".to_owned() };
        let trap = Heard::Crashed { text: "unreachable".to_owned() };
        let heard = vec![ready(), panic(), trap, Heard::Message(Some(7)), ready()];
        let told = Some(crashed("panicked at a.rs"));
        check(heard, &[Some(Event::Ready), told, None, None, None]);
        let garbled = Heard::Garbled { reason: "no number".to_owned() };
        let text = "the worker sent a message that cannot be read: no number";
        check(vec![ready(), garbled, panic()], &[Some(Event::Ready), Some(crashed(text)), None]);
    }

    #[test]
    fn nothing_is_told_after_the_end() {
        let mut watch = Watch::default();
        watch.end();
        assert!(watch.is_over());
        assert_eq!(watch.hear(ready()), None);
    }
}
