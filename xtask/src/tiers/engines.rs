//! Which browser test runs where: in which browser, and before which server.
//!
//! Chromium on the embedded broker runs everything. What may differ by browser runs in the others too,
//! and what has to do with a server before a real one, over both ways. The table says which ran where,
//! and why not.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Tests that are left out somewhere, by the beginning of their names, and why.
#[derive(Debug, Clone, Copy)]
struct LeftOut {
    tests: &'static [&'static str],
    why: &'static str,
}

/// A place where browser tests run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) name: &'static str,
    variables: &'static [(&'static str, &'static str)],
    /// What cannot run there.
    left_out: &'static [LeftOut],
    /// What runs there, if not all of the others.
    only: Option<&'static [&'static str]>,
}

/// What each browser has to do itself: joining both ways, functions, bad arguments, 24 workers, finish,
/// stop, resize, what is killed, reload, leaving, and a server that goes away.
const EVERYWHERE: [&str; 13] = [
    "deadline::",
    "finish::",
    "functions::",
    "invited::",
    "join::",
    "key::",
    "leaving::",
    "many::",
    "refusals::",
    "reload::",
    "resize::",
    "restart::",
    "stop::",
];

/// The same in Firefox, with what Chromium shows elsewhere.
const IN_FIREFOX: [&str; 15] = [
    "console::errors",
    "deadline::",
    "finish::",
    "frozen::",
    "functions::",
    "invited::",
    "join::",
    "key::",
    "leaving::",
    "many::",
    "refusals::",
    "reload::",
    "resize::",
    "restart::",
    "stop::",
];

const FROZEN: LeftOut =
    LeftOut { tests: &["frozen::"], why: "the table of faults shows it in Chromium" };

const BY_CHROMIUM: LeftOut = LeftOut {
    tests: &["handle::", "insecure::", "narrow::", "operator::", "secure::", "smooth::"],
    why: "they steer Chromium by options and tools of its own",
};

const POLICY: LeftOut = LeftOut {
    tests: &["console::what_the_policy"],
    why: "how an error of the page's policy is worded and delivered is Chromium's",
};

const NO_CONSOLE: LeftOut = LeftOut {
    tests: &["console::", "origin::"],
    why: "WebKitWebDriver hands on no console: what goes wrong there unseen is not looked for",
};

const NO_FREEZING: LeftOut = LeftOut { tests: &["frozen::"], why: "tried in Chromium and Firefox" };

const NO_SERVER: LeftOut = LeftOut {
    tests: &[
        "class::",
        "console::",
        "form::",
        "handle::",
        "insecure::",
        "narrow::",
        "origin::",
        "renewal::",
        "secure::",
        "smooth::",
    ],
    why: "they are about the page, whichever server it has",
};

const OTHER_SERVER: LeftOut = LeftOut {
    tests: &["frozen::", "gateway::"],
    why: "frozen is about how long our own broker bears silence, gateway about a server of its own",
};

const LAST_POLL: LeftOut = LeftOut {
    tests: &["pause::a_paused_pool_takes_no_process"],
    why: "such a server takes no poll back: the last one may bring a process, which is held until resume",
};

const BY_LINK: LeftOut = LeftOut {
    tests: &["client::", "invited::", "operator::"],
    why: "who comes with the colony's key comes without an invite, and submits elsewhere",
};

/// On the embedded broker.
pub(super) const CHROMIUM: Place = Place {
    name: "Chromium",
    variables: &[("WEBPOOL_BROWSER", "chromium")],
    left_out: &[FROZEN],
    only: None,
};
pub(super) const FIREFOX: Place = Place {
    name: "Firefox",
    variables: &[("WEBPOOL_BROWSER", "firefox")],
    left_out: &[BY_CHROMIUM, POLICY],
    only: Some(&IN_FIREFOX),
};
pub(super) const WEBKIT: Place = Place {
    name: "WebKit",
    variables: &[("WEBPOOL_BROWSER", "webkit")],
    left_out: &[BY_CHROMIUM, NO_CONSOLE, NO_FREEZING],
    only: Some(&EVERYWHERE),
};

/// In Chromium, before a ColonyOS server.
pub(super) const BEFORE: [Place; 2] = [
    Place {
        name: "by link",
        variables: &[("WEBPOOL_BROWSER", "chromium"), ("WEBPOOL_WAY", "link")],
        left_out: &[NO_SERVER, OTHER_SERVER, LAST_POLL],
        only: None,
    },
    Place {
        name: "by http",
        variables: &[("WEBPOOL_BROWSER", "chromium"), ("WEBPOOL_WAY", "http")],
        left_out: &[NO_SERVER, OTHER_SERVER, LAST_POLL, BY_LINK],
        only: None,
    },
];

impl Place {
    /// The same with all that can run there.
    pub(super) fn with_all(self) -> Self {
        Self { only: None, ..self }
    }

    /// Tells a run of the tests, whose arguments have begun, what is to run, and where.
    pub(super) fn name_to(&self, command: &mut Command, filter: Option<&str>) {
        command.envs(self.variables.iter().copied());
        match filter {
            Some(filter) => command.arg(filter),
            None => command.args(self.only.unwrap_or_default()),
        };
        for left_out in self.left_out {
            command.args(left_out.tests.iter().flat_map(|test| ["--skip", test]));
        }
    }

    /// Why a test does not run here.
    fn why_not(&self, test: &str) -> &'static str {
        let is_meant =
            |left_out: &&LeftOut| left_out.tests.iter().any(|name| test.starts_with(name));
        match self.left_out.iter().find(is_meant) {
            Some(left_out) => left_out.why,
            None => {
                "no difference between browsers: Chromium shows it; --all-browsers runs it here"
            }
        }
    }
}

/// What came of the tests in one place.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) place: Place,
    /// By name, whether they passed.
    pub(super) tests: BTreeMap<String, bool>,
}

/// Draws which test ran where, and why the others did not.
pub(super) fn table(runs: &[Run]) -> String {
    let names: BTreeSet<&String> = runs.iter().flat_map(|run| run.tests.keys()).collect();
    let wide = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let head: Vec<&str> = runs.iter().map(|run| run.place.name).collect();
    let mut lines = vec![row("which test ran where", &head, wide)];
    let mut reasons: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for name in names {
        let cells = runs.iter().map(|run| match run.tests.get(name) {
            Some(true) => "ok",
            Some(false) => "FAILED",
            None => {
                let why = run.place.why_not(name);
                let module = name.split("::").next().unwrap_or(name);
                let left_out = reasons.entry((run.place.name, why)).or_default();
                if left_out.last() != Some(&module) {
                    left_out.push(module);
                }
                "-"
            }
        });
        let cells: Vec<&str> = cells.collect();
        lines.push(row(name, &cells, wide));
    }
    for ((place, why), modules) in reasons {
        lines.push(format!("not {place}: {} ({why})", modules.join(", ")));
    }
    lines.join("\n") + "\n"
}

fn row(name: &str, cells: &[&str], wide: usize) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:<8}")).collect();
    format!("{name:<wide$}  {}", cells.join("  ")).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_ran_where_and_why_not() {
        let run = |place, tests: &[(&str, bool)]| {
            let tests = tests.iter().map(|&(name, is_good)| (name.to_owned(), is_good));
            Run { place, tests: tests.collect() }
        };
        let text = table(&[
            run(CHROMIUM, &[("join::one", true), ("smooth::two", true), ("pause::three", true)]),
            run(FIREFOX, &[("join::one", false)]),
        ]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "join::one     ok        FAILED");
        assert_eq!(lines[3], "smooth::two   ok        -");
        assert!(text.contains("not Firefox: smooth (they steer Chromium"), "{text}");
        assert!(text.contains("not Firefox: pause (no difference"), "{text}");
    }

    #[test]
    fn nothing_is_left_out_that_is_to_run() {
        for place in [CHROMIUM, FIREFOX, WEBKIT].iter().chain(&BEFORE) {
            let left_out: Vec<_> =
                place.left_out.iter().flat_map(|left_out| left_out.tests).collect();
            for wanted in place.only.unwrap_or_default() {
                assert!(!left_out.iter().any(|name| name.starts_with(wanted)), "{wanted}");
            }
        }
    }
}
