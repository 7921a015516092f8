//! The subject behind the executor worker's loader: an order is the function of a call.

use std::rc::Rc;

use gloo_worker::{HandlerId, Registrable, Worker, WorkerScope};
use webpool_wire::{FromExecutor, Level, ToExecutor};

use super::{Say, obey};
use crate::executor_report as report;
use crate::handle::PlainObjects;

/// Starts as the executor worker does.
pub(super) fn start() {
    report::install_panic_hook();
    report::ready();
    Subject::registrar().encoding::<PlainObjects>().register();
}

struct Subject;

impl Worker for Subject {
    type Message = ();
    type Input = ToExecutor;
    type Output = FromExecutor;

    fn create(_scope: &WorkerScope<Self>) -> Self {
        Self
    }

    fn update(&mut self, _scope: &WorkerScope<Self>, (): Self::Message) {}

    fn received(&mut self, scope: &WorkerScope<Self>, message: ToExecutor, page: HandlerId) {
        let ToExecutor::Submit { call, .. } = message else { return };
        let scope = scope.clone();
        let say: Say = Rc::new(move |words: &str| {
            scope.respond(page, FromExecutor::Note { level: Level::Info, text: words.to_owned() });
        });
        obey(&call.function, &say);
    }
}
