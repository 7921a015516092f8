//! How a fault is injected.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use tokio::time::sleep;

use crate::chance::Chance;
use crate::events::{Event, Kind};
use crate::harness::{Fault, Look, Rule, What, until};
use crate::lane::Lane;

/// Keeps the executor workers that a page has, for [`CRASH`], and what they say of the processes that
/// they have done, for [`TAKE_WORDS`].
pub(crate) const KEEP: &str = "window.kept = new Set();
    window.words = [];
    window.Worker = class extends window.Worker {
        constructor(...rest) {
            super(...rest);
            window.kept.add(this);
            this.addEventListener('message', event => {
                // who has ended is not heard by the page either
                if (this.last) return;
                const data = event.data.ProcessOutput?.[1] ?? {};
                if (data.Joined) this.executor = data.Joined.id;
                if (data.Closed) {
                    const { process_id, outcome } = data.Closed;
                    const end = typeof outcome === 'string' ? outcome : Object.keys(outcome)[0];
                    window.words.push({ Closed: { process: process_id, end, at_ms: Date.now() } });
                }
                if (data.Ended) this.last = JSON.stringify(data.Ended);
            });
        }
        terminate() {
            if (window.kept.delete(this) && this.executor) {
                const [executor, at_ms] = [this.executor, this.crashed_ms ?? Date.now()];
                window.words.push({ Gone: { executor, at_ms, last: this.last ?? 'nothing' } });
            }
            super.terminate();
        }
    };";

/// Takes what was said since it was taken last.
pub(crate) const TAKE_WORDS: &str = "return window.words.splice(0);";

/// What the page hears when a worker's program dies; it ends the worker for good.
const CRASH: &str = "const worker = [...window.kept].find(worker => !worker.last);
    if (!worker) return false;
    worker.last = 'crashed';
    worker.crashed_ms = Date.now();
    worker.dispatchEvent(new ErrorEvent('error', { message: 'crashed by the test' }));
    return true;";

/// How long it may take until a message comes by that a fault is for: attempts to reach a server are
/// up to 30 s apart.
const COMES_BY: Duration = Duration::from_secs(90);

impl Lane<'_> {
    /// Injects a fault; returns once it has happened.
    pub(crate) async fn inject(&self, event: &Event) -> Result<()> {
        let mut chance = Chance::new(event.seed);
        let either = chance.one_of([What::Request, What::Reply]).unwrap_or(What::Reply);
        match event.kind {
            Kind::Dropped => self.apply(either, None, Fault::Close).await,
            Kind::Reset => self.apply(either, None, Fault::Reset).await,
            Kind::ServerError => {
                let status = chance.one_of([500, 502, 503]).unwrap_or(500);
                self.apply(either, None, Fault::Status(status)).await
            }
            Kind::Delayed => {
                let delay = chance.time(100, 1000);
                self.apply(either, None, Fault::Delay(delay)).await
            }
            Kind::Truncated => self.apply(What::Reply, None, Fault::Truncate).await,
            Kind::Garbled => self.apply(What::Reply, None, Fault::Garbage).await,
            Kind::Stalled => self.apply(either, None, Fault::Stall).await,
            Kind::AssignLost => {
                self.apply(What::Reply, Some("assignprocessmsg"), Fault::Close).await
            }
            Kind::CloseLost => {
                self.apply(What::Reply, Some("closesuccessfulmsg"), Fault::Reset).await
            }
            Kind::CloseRefused => {
                let fault = Fault::Status(500);
                self.apply(What::Request, Some("closesuccessfulmsg"), fault).await
            }
            Kind::CutOff => {
                self.proxy.cut_off();
                sleep(chance.time(100, 3000)).await;
                self.proxy.restore();
                Ok(())
            }
            Kind::Restarted => self.ground.restart().await,
            Kind::Crashed => self.crash_worker().await,
            Kind::Reloaded => {
                let server = self.ground.colony().await;
                let started = self.start().await;
                drop(server);
                started
            }
        }
    }

    /// Does it once to what comes by next.
    async fn apply(&self, what: What, message: Option<&'static str>, fault: Fault) -> Result<()> {
        let rule = Rule { what, message, times: Some(1), fault };
        self.proxy.inject(rule).wait(1, COMES_BY).await
    }

    /// Ends the oldest executor worker of the page, once it has one.
    async fn crash_worker(&self) -> Result<()> {
        until("a worker to end", COMES_BY, async || {
            let is_done = self.page.script(CRASH, &[]).await?;
            Ok(Look::is(&is_done, &json!(true)))
        })
        .await
    }
}
