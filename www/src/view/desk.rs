//! What all components share: the pool, its latest snapshot, the clock and the form.
//!
//! A [`Desk`] is a handful of ids and is copied freely. What a person asks for goes through
//! it to the pool; nothing is written back into the snapshot.

use gloo_timers::callback::Interval;
use leptos::ev::hashchange;
use leptos::prelude::*;
use webpool::config::{load_config, load_invite};
use webpool::snapshot::{PoolState, Snapshot, Submission};
use webpool::{ExecutorPool, FieldError};
use webpool_wire::Call;

use super::browser;
use super::form::Form;
use super::kept::kept;
use crate::guest::{Guest, Remedy};
use crate::way::Way;
use crate::words::Place;

/// Time between two looks at the clock, in ms.
const TICK_MS: u32 = 250;

/// What all components share.
#[derive(Clone, Copy)]
pub(super) struct Desk {
    pool: StoredValue<ExecutorPool, LocalStorage>,
    /// The pool at its latest.
    pub(super) snapshot: RwSignal<Snapshot>,
    /// The page's clock, four times a second, in ms.
    pub(super) now_ms: RwSignal<f64>,
    /// Whether the pool was started since the page was opened.
    pub(super) had_run: RwSignal<bool>,
    /// The settings as they stand in the fields.
    pub(super) form: Form,
    /// The submission that is shown.
    pub(super) ticket: RwSignal<Option<u32>>,
    /// Whether somebody was invited, and what the server says about it.
    pub(super) guest: RwSignal<Guest>,
}

impl Desk {
    /// Makes the pool, listens to it and fills the form.
    pub(super) fn new() -> Self {
        let pool = ExecutorPool::new(&browser::base_url());
        let snapshot = RwSignal::new(pool.snapshot());
        let now_ms = RwSignal::new(browser::now_ms());
        let ticket = RwSignal::new(None);
        let subscription = pool.subscribe(move |latest| snapshot.set(latest.clone()));
        let clock = Interval::new(TICK_MS, move || now_ms.set(browser::now_ms()));
        // They live as long as the page.
        StoredValue::new_local((subscription, clock));
        let desk = Self {
            pool: StoredValue::new_local(pool),
            snapshot,
            now_ms,
            had_run: RwSignal::new(false),
            form: Form::new(),
            ticket,
            guest: RwSignal::new(Guest::Uninvited),
        };
        desk.arrive();
        desk.renew_when_over();
        desk
    }

    /// Finds out whom to lend to.
    fn arrive(self) {
        self.watch_address();
        if browser::invite().is_some() {
            self.ask();
            let is_in = kept(move || self.snapshot.with(|now| now.ready > 0));
            Effect::new(move |_| is_in.get().then(browser::keep_let_in));
        } else {
            leptos::task::spawn_local(async move {
                self.form.fill(load_config(&browser::base_url()).await.as_ref());
                self.go_on();
            });
        }
    }

    /// Loads the page anew once nothing runs here, where a function needs another build of it.
    fn renew_when_over(self) {
        let renewal = kept(move || {
            self.snapshot.with(|now| now.renewal.clone().filter(|_| is_over(now.state)))
        });
        Effect::new(move |_| {
            if let Some(build) = renewal.get() {
                browser::renew(&build, &self.form.to_plain());
            }
        });
    }

    /// Starts without a click where a person had clicked before the page loaded itself anew. A key
    /// is not kept: there it waits.
    fn go_on(self) {
        let may_start = self.guest.with_untracked(Guest::may_start);
        if may_start && browser::take_go_on() && untrack(|| self.form.way()) != Way::Key {
            self.start();
        }
    }

    /// Another invite in the address is another page, as soon as nothing runs in this one.
    fn watch_address(self) {
        let (invite, is_stale) = (browser::invite(), RwSignal::new(false));
        window_event_listener(hashchange, move |_| is_stale.set(browser::invite() != invite));
        let state = self.state();
        Effect::new(move |_| {
            if is_over(state.get()) && is_stale.get() {
                browser::reload();
            }
        });
    }

    /// Asks the page's own server what the invite is about.
    fn ask(self) {
        let Some(secret) = browser::invite() else { return };
        self.form.server_url.set(browser::origin());
        self.guest.set(Guest::Asking);
        leptos::task::spawn_local(async move {
            let guest = match load_invite(&secret).await {
                Ok(invitation) => Guest::told(invitation, browser::was_let_in()),
                Err(error) => Guest::Unanswered(error.to_string()),
            };
            if let Some(invitation) = guest.invitation() {
                self.form.accept_invite(invitation);
            }
            self.guest.set(guest);
            self.go_on();
        });
    }

    /// Does what can be done about an invite that is no use.
    pub(super) fn mend(self) {
        match self.guest.with_untracked(Guest::remedy) {
            Some(Remedy::AskAgain) => self.ask(),
            Some(Remedy::Reload) => browser::reload(),
            None => {}
        }
    }

    /// Where the pool works, or would.
    pub(super) fn place(self) -> Place {
        let place = self
            .form
            .colony
            .with(|colony| self.form.server_url.with(|url| Place::new(colony, url)));
        let is_guest = self.guest.with(Guest::is_guest);
        place.by(if is_guest { Way::Invite } else { self.form.way() })
    }

    /// The state of the pool, told only when it changes.
    pub(super) fn state(self) -> Memo<PoolState> {
        kept(move || self.snapshot.with(|now| now.state))
    }

    /// Starts the pool with what stands in the form, or shows what is wrong with it.
    pub(super) fn start(self) {
        let result =
            self.form.settings().and_then(|settings| self.pool.with_value(|it| it.start(settings)));
        match result {
            Ok(()) => {
                self.had_run.set(true);
                self.form.accept();
            }
            Err(errors) => self.form.refuse(errors),
        }
    }

    /// Holds the pool, or lets it go on.
    pub(super) fn pause_or_resume(self) {
        let is_paused = self.snapshot.with_untracked(|now| now.state == PoolState::Paused);
        self.pool.with_value(|pool| if is_paused { pool.resume() } else { pool.pause() });
    }

    /// Lets what runs end, then stops.
    pub(super) fn finish(self) {
        self.pool.with_value(ExecutorPool::finish);
    }

    /// Gives back what runs and stops.
    pub(super) fn stop(self) {
        self.pool.with_value(ExecutorPool::stop);
    }

    /// Makes the pool larger or smaller, if it runs.
    pub(super) fn resize(self, workers: u32) {
        if let Err(error) = self.pool.with_value(|pool| pool.resize(workers)) {
            self.form.refuse(vec![error]);
        }
    }

    /// Submits a call and shows what comes of it.
    ///
    /// # Errors
    ///
    /// What is wrong with the call; what is wrong with the settings stands beside them.
    pub(super) fn submit(self, mut call: Call) -> Result<(), Vec<FieldError>> {
        let settings = self.form.settings_for_call();
        settings.executor_type.trim().clone_into(&mut call.executor_type);
        match self.pool.with_value(|pool| pool.submit(&settings, call)) {
            Ok(ticket) => {
                self.ticket.set(Some(ticket));
                self.form.accept();
                Ok(())
            }
            Err(errors) => {
                let is_of_call = |error: &FieldError| error.field.starts_with("run-");
                let (ours, of_settings) = errors.into_iter().partition(is_of_call);
                self.form.refuse(of_settings);
                Err(ours)
            }
        }
    }

    /// The submission that is shown, once the pool has it.
    pub(super) fn shown(self) -> Option<Submission> {
        let ticket = self.ticket.get()?;
        self.snapshot.with(|now| now.submissions.iter().find(|it| it.ticket == ticket).cloned())
    }

    /// Calls the shown submission off.
    pub(super) fn cancel(self) {
        if let Some(ticket) = self.ticket.get_untracked() {
            self.pool.with_value(|pool| pool.cancel(ticket));
        }
    }
}

/// Whether nothing runs.
const fn is_over(state: PoolState) -> bool {
    matches!(state, PoolState::Stopped | PoolState::Failed)
}

/// The desk of this page.
pub(super) fn desk() -> Desk {
    expect_context()
}
