//! The fields of the settings as signals, and what is wrong with them.
//!
//! Filled from the address first, then from `config.json`; the colony key comes from
//! `config.json` or the person only, and its field is emptied once it was accepted.

use leptos::prelude::*;
use webpool::config::Config;
use webpool::{FieldError, Settings};
use webpool_wire::{Pass, Secret};

use super::browser;
use super::kept::text;
use crate::numbers;

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
    /// What the page's own server is shown instead of a key.
    pub(super) pass: RwSignal<Option<Pass>>,
}

impl Form {
    /// An empty form with a worker count that suits the machine.
    pub(super) fn new() -> Self {
        let workers = browser::asked_for("worker-count")
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
            pass: RwSignal::new(None),
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
        let key = config.map_or("", |it| it.colony_key.expose());
        self.colony_key.set(key.to_owned());
        let is_linked = config.is_some_and(|it| it.link);
        self.pass.set(is_linked.then(browser::pass));
        let is_needed = (key.is_empty() && !is_linked)
            || [self.server_url, self.colony, self.executor_name, self.executor_type]
                .iter()
                .any(|field| field.with_untracked(String::is_empty));
        self.is_needed.set(is_needed);
        self.is_open.set(is_needed);
    }

    /// What the fields say.
    ///
    /// # Errors
    ///
    /// If the worker count is none; the pool judges everything else.
    pub(super) fn settings(self) -> Result<Settings, Vec<FieldError>> {
        let workers = self.workers.with_untracked(|text| numbers::workers(text));
        match workers {
            Ok(workers) => Ok(Settings { workers, ..self.settings_for_call() }),
            Err(sentence) => Err(vec![FieldError { field: "worker-count", sentence }]),
        }
    }

    /// What the fields say, for a call: it needs no workers here.
    pub(super) fn settings_for_call(self) -> Settings {
        Settings {
            server_url: self.server_url.get_untracked(),
            colony: self.colony.get_untracked(),
            executor_name: self.executor_name.get_untracked(),
            executor_type: self.executor_type.get_untracked(),
            colony_key: Secret::new(self.colony_key.get_untracked()),
            pass: self.pass.get_untracked(),
            workers: 1,
        }
    }

    /// The pool took the settings: the key leaves the document.
    pub(super) fn accept(self) {
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
