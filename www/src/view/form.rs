//! The fields of the settings as signals, and what is wrong with them.
//!
//! Filled from the address first, then from `config.json`, or by an invite alone; the colony key
//! comes from `config.json` or the person only, and its field is emptied once it was accepted.

use leptos::prelude::*;
use webpool::config::Config;
use webpool::{FieldError, Settings};
use webpool_wire::invite::Invitation;
use webpool_wire::{Pass, Reload, Secret};

use super::browser;
use super::kept::text;
use crate::guest;
use crate::numbers::{self, MOST_WORKERS};
use crate::way::{Door, Way};

/// What stands in the fields.
#[derive(Clone, Copy)]
pub(super) struct Form {
    /// `server-url`
    pub(super) server_url: RwSignal<String>,
    /// `colony-name`
    pub(super) colony: RwSignal<String>,
    /// `executor-name`
    pub(super) executor_name: RwSignal<String>,
    /// `executor-type`
    pub(super) executor_type: RwSignal<String>,
    /// `colony-key`
    pub(super) colony_key: RwSignal<String>,
    /// `worker-count`
    pub(super) workers: RwSignal<String>,
    /// What was wrong at the last attempt.
    pub(super) errors: RwSignal<Vec<FieldError>>,
    /// Whether the settings stand open.
    pub(super) is_open: RwSignal<bool>,
    /// Whether nobody but the person can fill the form.
    pub(super) is_needed: RwSignal<bool>,
    /// How many workers there may be.
    pub(super) most: RwSignal<u32>,
    /// How the page's own server lets in.
    door: RwSignal<Door>,
}

impl Form {
    /// An empty form with a worker count that suits the machine.
    pub(super) fn new() -> Self {
        let workers = browser::asked_for("worker-count")
            .or_else(browser::kept_workers)
            .unwrap_or_else(|| browser::default_workers().to_string());
        let empty = || RwSignal::new(String::new());
        Self {
            server_url: empty(),
            colony: empty(),
            executor_name: empty(),
            executor_type: empty(),
            colony_key: empty(),
            workers: RwSignal::new(workers),
            errors: RwSignal::new(Vec::new()),
            is_open: RwSignal::new(false),
            is_needed: RwSignal::new(false),
            most: RwSignal::new(MOST_WORKERS),
            door: RwSignal::new(Door::default()),
        }
    }

    /// Fills the fields that the person has not touched; they open if one stays empty.
    pub(super) fn fill(self, config: Option<&Config>) {
        let fill = |field: RwSignal<String>, id: &str, value: Option<&String>| {
            let value = browser::asked_for(id).or_else(|| value.cloned()).unwrap_or_default();
            if field.with_untracked(String::is_empty) {
                field.set(value);
            }
        };
        fill(self.server_url, "server-url", config.map(|it| &it.server_url));
        fill(self.colony, "colony-name", config.map(|it| &it.colony));
        fill(self.executor_name, "executor-name", config.map(|it| &it.executor_name));
        fill(self.executor_type, "executor-type", config.map(|it| &it.executor_type));
        let is_linked = config.is_some_and(|it| it.link);
        let key = config.filter(|_| !is_linked).map_or("", |it| it.colony_key.expose());
        if self.colony_key.with_untracked(String::is_empty) {
            self.colony_key.set(key.to_owned());
        }
        let own_server = config.map(|it| it.server_url.clone()).unwrap_or_default();
        let takes_work = config.is_some_and(|it| it.submit);
        self.open_door(own_server, is_linked.then(browser::pass), takes_work);
        let stale_after_s = config.and_then(|it| it.stale_after_s);
        self.door.update(|door| door.stale_after_s = stale_after_s);
        let is_needed = (key.is_empty() && untrack(|| self.way()) == Way::Key)
            || [self.server_url, self.colony, self.executor_name, self.executor_type]
                .iter()
                .any(|field| field.with_untracked(String::is_empty));
        self.is_needed.set(is_needed);
        self.is_open.set(is_needed);
    }

    /// Takes what an invite says; nothing is left for the person but the worker count.
    pub(super) fn accept_invite(self, invitation: &Invitation) {
        self.server_url.set(browser::origin());
        self.colony.set(invitation.colony.clone());
        self.executor_name.set(guest::executor_name(&invitation.name_prefix));
        self.executor_type.set(invitation.executor_type.clone());
        self.open_door(browser::origin(), Some(browser::pass()), invitation.submit);
        let most = guest::most_workers(invitation);
        self.most.set(most);
        if self.workers.with_untracked(|text| text.parse().is_ok_and(|count: u32| count > most)) {
            self.workers.set(most.to_string());
        }
    }

    /// The worker count that stands in its field.
    ///
    /// # Errors
    ///
    /// The sentence to show if it is none.
    pub(super) fn count(self) -> Result<u32, String> {
        let most = self.most.get();
        self.workers.with(|text| numbers::workers(text, most))
    }

    /// The way that what stands in the fields leads.
    pub(super) fn way(self) -> Way {
        let (server_url, key) = (self.server_url.get(), self.colony_key.get());
        self.door.with(|door| door.way(&server_url, &key))
    }

    /// Whether what stands in the fields lets the page submit.
    pub(super) fn may_submit(self) -> bool {
        let (server_url, key) = (self.server_url.get(), self.colony_key.get());
        self.door.with(|door| door.may_submit(&server_url, &key))
    }

    fn open_door(self, own_server: String, pass: Option<Pass>, takes_work: bool) {
        self.door.update(|door| *door = Door { own_server, pass, takes_work, ..door.clone() });
    }

    /// What the fields say.
    ///
    /// # Errors
    ///
    /// If the worker count is none; the pool judges everything else.
    pub(super) fn settings(self) -> Result<Settings, Vec<FieldError>> {
        match untrack(|| self.count()) {
            Ok(workers) => Ok(Settings { workers, ..self.settings_for_call() }),
            Err(sentence) => Err(vec![FieldError { field: "worker-count", sentence }]),
        }
    }

    /// What the fields say, for a call: it needs no workers here.
    pub(super) fn settings_for_call(self) -> Settings {
        let server_url = self.server_url.get_untracked();
        Settings {
            colony: self.colony.get_untracked(),
            executor_name: self.executor_name.get_untracked(),
            executor_type: self.executor_type.get_untracked(),
            colony_key: Secret::new(self.colony_key.get_untracked()),
            pass: self.door.with_untracked(|door| door.pass(&server_url).cloned()),
            stale_after_s: self.door.with_untracked(|door| door.stale_after_s(&server_url)),
            server_url,
            workers: 1,
            reload: Reload::Once { tried: browser::renewed_for() },
        }
    }

    /// The fields that are no secret, by id, for a page that goes on with them.
    pub(super) fn to_plain(self) -> [(&'static str, String); 5] {
        [
            ("server-url", self.server_url.get_untracked()),
            ("colony-name", self.colony.get_untracked()),
            ("executor-name", self.executor_name.get_untracked()),
            ("executor-type", self.executor_type.get_untracked()),
            ("worker-count", self.workers.get_untracked()),
        ]
    }

    /// The pool took the settings: the key leaves the document.
    pub(super) fn accept(self) {
        if self.colony_key.with_untracked(|key| !key.trim().is_empty()) {
            self.door.update(|door| door.is_keyed = true);
        }
        self.colony_key.set(String::new());
        self.errors.set(Vec::new());
    }

    /// Shows what is wrong beside the fields and goes to the first.
    pub(super) fn refuse(self, errors: Vec<FieldError>) {
        if let Some(first) = errors.first() {
            if first.field != "worker-count" {
                self.is_open.set(true);
            }
            browser::focus(first.field);
        }
        self.errors.set(errors);
    }

    /// What is wrong with one field; empty if nothing is.
    pub(super) fn error(self, id: &'static str) -> Memo<String> {
        text(move || {
            self.errors.with(|errors| {
                let error = errors.iter().find(|error| error.field == id);
                error.map(|error| error.sentence.clone()).unwrap_or_default()
            })
        })
    }
}
