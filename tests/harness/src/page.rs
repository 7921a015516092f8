//! The page by its automation contract: ids and `data-*` attributes, never prose or pixels.

mod garbage;
mod log;
mod memory;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::processes;
use crate::trace::Trace;
use crate::wait::{Look, until};
pub use garbage::ARGUMENT as WITH_DEBUGGER;
pub use memory::Memory;

/// How long the page may take to answer a person.
const SOON: Duration = Duration::from_secs(10);

/// Attributes of the elements that match a selector.
const ATTRIBUTES: &str = "return [...document.querySelectorAll(arguments[0])].map(
    e => Object.fromEntries([...e.attributes].map(a => [a.name, a.value])));";

/// Writes a value as a person does; the field may lie in a closed `<details>`.
const FILL: &str = "const e = document.getElementById(arguments[0]);
    e.value = arguments[1];
    e.dispatchEvent(new Event('input', { bubbles: true }));
    e.dispatchEvent(new Event('change', { bubbles: true }));";

/// Notes when the page goes; it hears of that before the page's own scripts.
const NOTE: &str = "addEventListener(
    'pagehide', () => localStorage.setItem('gone', Date.now()), { capture: true });";

/// One element's attributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(BTreeMap<String, String>);

impl Attributes {
    /// The value of `data-<name>`, empty if it is absent.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(&format!("data-{name}")).map_or("", String::as_str)
    }

    /// The number in `data-<name>`.
    ///
    /// # Errors
    ///
    /// If it is absent or no number.
    pub fn number(&self, name: &str) -> Result<f64> {
        let text = self.get(name);
        text.parse().with_context(|| format!("data-{name} is «{text}», not a number"))
    }

    fn from_json(json: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let pairs = json.as_object().into_iter().flatten();
        Self(pairs.map(|(name, value)| (name.clone(), text(value))).collect())
    }
}

impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_data = |(name, _): &(&String, &String)| name.starts_with("data-");
        let pairs = self.0.iter().filter(is_data).map(|(name, value)| format!("{name}={value:?}"));
        f.write_str(&pairs.collect::<Vec<_>>().join(" "))
    }
}

/// The page in a browser.
#[derive(Debug)]
pub struct Page {
    browser: Browser,
    address: String,
    console: RefCell<Vec<String>>,
}

impl Page {
    /// The page at an address, not yet open.
    pub fn new(browser: Browser, address: String) -> Self {
        Self { browser, address, console: RefCell::default() }
    }

    /// Opens the page with a query and waits until its form is filled.
    ///
    /// # Errors
    ///
    /// If it does not come up.
    pub async fn open(&self, query: &str) -> Result<()> {
        self.goto(&format!("{}/?{query}", self.address)).await?;
        self.wait_up().await
    }

    /// Loads it again, as a person does.
    ///
    /// # Errors
    ///
    /// If it does not come up again.
    pub async fn reload(&self) -> Result<()> {
        self.browser.tab.refresh().await?;
        self.wait_up().await
    }

    /// Opens any address in the page's place.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn goto(&self, url: &str) -> Result<()> {
        Ok(self.browser.tab.goto(url).await?)
    }

    /// Shows it as on a screen of this size, in CSS pixels.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn set_screen(&self, width: u32, height: u32) -> Result<()> {
        self.browser.set_screen(width, height).await
    }

    /// Opens a second, empty tab if there is but one.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn open_spare_tab(&self) -> Result<()> {
        self.browser.open_spare_tab().await
    }

    /// Closes the page's tab; another one is driven from now on.
    ///
    /// # Errors
    ///
    /// If there is no other.
    pub async fn close_tab(&self) -> Result<()> {
        self.browser.tab.close_window().await?;
        self.browser.switch_tab().await
    }

    /// Drives another tab from now on.
    ///
    /// # Errors
    ///
    /// If there is no other.
    pub async fn switch_tab(&self) -> Result<()> {
        self.browser.switch_tab().await
    }

    /// Goes back to the page before, as a person does.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn go_back(&self) -> Result<()> {
        Ok(self.browser.tab.back().await?)
    }

    /// The process that the page is in, once it has so many workers at least.
    ///
    /// # Errors
    ///
    /// If there is not exactly one within 10 s.
    pub async fn process_with_workers(&self, count: usize) -> Result<u32> {
        until("the page's process", SOON, async || {
            let found = self.browser.process_with_workers(count);
            let seen = format!("{found:?}");
            Ok(Look::at(found.ok(), seen))
        })
        .await
    }

    /// Notes when the page goes, from now on.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn note_going(&self) -> Result<()> {
        self.script("localStorage.removeItem('gone');", &[]).await?;
        self.script(NOTE, &[]).await.map(drop)
    }

    /// When the page, which is here again, went: the time since 1970.
    ///
    /// # Errors
    ///
    /// If it was not noted.
    pub async fn when_gone(&self) -> Result<Duration> {
        let gone_ms = self.script("return Number(localStorage.getItem('gone'));", &[]).await?;
        let gone_ms = gone_ms.as_u64().filter(|ms| *ms > 0).context("it has not gone")?;
        Ok(Duration::from_millis(gone_ms))
    }

    /// Kills the process that the page is in, and closes what is left of its tab; another one is
    /// driven from now on.
    ///
    /// # Errors
    ///
    /// If there is no other.
    pub async fn kill_tab(&self, process: u32) -> Result<()> {
        processes::kill(process)?;
        self.close_tab().await
    }

    async fn wait_up(&self) -> Result<()> {
        until("the page with its form filled", SOON, async || {
            let is_up = "const url = document.getElementById('server-url');
                return Boolean(document.querySelector('#pool[data-state]') && url && url.value);";
            Ok(Look::is(&self.script(is_up, &[]).await?, &json!(true)))
        })
        .await
    }

    /// Writes into a form field.
    ///
    /// # Errors
    ///
    /// If there is none of this id.
    pub async fn fill(&self, id: &str, value: &str) -> Result<()> {
        self.script(FILL, &[id, value]).await.with_context(|| format!("field #{id}")).map(drop)
    }

    /// The value of a form field.
    ///
    /// # Errors
    ///
    /// If there is none of this id.
    pub async fn value(&self, id: &str) -> Result<String> {
        let value =
            self.script("return document.getElementById(arguments[0]).value;", &[id]).await?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    /// Clicks a button with the mouse, once it can be clicked.
    ///
    /// # Errors
    ///
    /// If it cannot within ten seconds.
    pub async fn click(&self, id: &str) -> Result<()> {
        until(&format!("a button #{id} to click"), SOON, async || {
            let button = self.browser.tab.find(Locator::Id(id)).await;
            let Ok(button) = button else { return Ok(Look::NotYet("there is none".to_owned())) };
            if !button.is_displayed().await? || !button.is_enabled().await? {
                return Ok(Look::NotYet("it is hidden or disabled".to_owned()));
            }
            Ok(Look::at(button.click().await.ok(), "something lies over it"))
        })
        .await
    }

    /// Attributes of the first element that matches a selector.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub async fn element(&self, selector: &str) -> Result<Attributes> {
        let all = self.elements(selector).await?;
        all.into_iter().next().with_context(|| format!("the page has no {selector}"))
    }

    /// Attributes of all elements that match a selector.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn elements(&self, selector: &str) -> Result<Vec<Attributes>> {
        let all = self.script(ATTRIBUTES, &[selector]).await?;
        Ok(all.as_array().into_iter().flatten().map(Attributes::from_json).collect())
    }

    /// Attributes of `#pool`.
    ///
    /// # Errors
    ///
    /// If the page is not up.
    pub async fn pool(&self) -> Result<Attributes> {
        self.element("#pool").await
    }

    /// Attributes of every slot, slot 0 first.
    ///
    /// # Errors
    ///
    /// If one has no number.
    pub async fn slots(&self) -> Result<Vec<Attributes>> {
        let slots = self.elements("[data-slot]").await?;
        let mut numbered = BTreeMap::new();
        for slot in slots {
            let number = slot.get("slot").parse::<u32>().context("a slot without a number")?;
            numbered.insert(number, slot);
        }
        Ok(numbered.into_values().collect())
    }

    /// Attributes of `#result`, and its text.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub async fn result(&self) -> Result<(Attributes, String)> {
        let text = "return document.getElementById('result')?.textContent ?? '';";
        let text = self.script(text, &[]).await?.as_str().unwrap_or_default().to_owned();
        Ok((self.element("#result").await?, text))
    }

    /// Waits until `data-<name>` of the first element that matches a selector has a value.
    ///
    /// # Errors
    ///
    /// If it does not get it in time.
    pub async fn wait(
        &self,
        selector: &str,
        name: &str,
        value: &str,
        within: Duration,
    ) -> Result<()> {
        until(&format!("data-{name}={value:?} of {selector}"), within, async || {
            let elements = self.elements(selector).await?;
            let Some(element) = elements.first() else {
                return Ok(Look::NotYet("there is none".to_owned()));
            };
            Ok(Look::is(&element.get(name), &value))
        })
        .await
    }

    /// Waits until so many slots have joined and the pool runs.
    ///
    /// # Errors
    ///
    /// If they do not in time.
    pub async fn wait_ready(&self, workers: u32, within: Duration) -> Result<()> {
        self.wait("#pool", "ready", &workers.to_string(), within).await?;
        self.wait("#pool", "state", "running", within).await
    }

    /// Runs a script on the page's main thread and returns what it returns.
    ///
    /// # Errors
    ///
    /// If it throws.
    pub async fn script(&self, script: &str, arguments: &[&str]) -> Result<Value> {
        let arguments = arguments.iter().map(|argument| json!(argument)).collect();
        Ok(self.browser.tab.execute(script, arguments).await?)
    }

    /// From now on runs a script in each page that is opened, before its own scripts.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn run_before_all(&self, script: &str) -> Result<()> {
        self.browser.run_before_all(script).await
    }

    /// Freezes the page and its workers as the browser may, or lets them go on.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn set_frozen(&self, is_frozen: bool) -> Result<()> {
        self.browser.set_frozen(is_frozen).await
    }

    /// Makes its main thread so many times slower than the machine.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn slow_down(&self, rate: u32) -> Result<()> {
        self.browser.slow_down(rate).await
    }

    /// Takes the network from it, but not from its workers, or gives it back.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn set_offline(&self, is_offline: bool) -> Result<()> {
        self.browser.set_offline(is_offline).await
    }

    /// As [`Self::script`], but the script calls its last argument with the result.
    ///
    /// # Errors
    ///
    /// If it throws, or does not call.
    pub async fn script_async(&self, script: &str, arguments: &[&str]) -> Result<Value> {
        let arguments = arguments.iter().map(|argument| json!(argument)).collect();
        Ok(self.browser.tab.execute_async(script, arguments).await?)
    }

    /// Takes what a browser that traces has traced; it traces no more.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn take_trace(&self) -> Result<Trace> {
        self.browser.take_trace().await
    }

    /// Everything the console has shown so far.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn console(&self) -> Result<Vec<String>> {
        let new = self.browser.take_console().await?;
        let mut console = self.console.borrow_mut();
        console.extend(new);
        Ok(console.clone())
    }

    /// The errors in the console, but those that contain an expected text.
    ///
    /// # Errors
    ///
    /// The browser's.
    pub async fn errors(&self, expected: &[&str]) -> Result<Vec<String>> {
        let console = self.console().await?;
        let is_error = |line: &String| {
            line.starts_with("SEVERE") && !expected.iter().any(|text| line.contains(text))
        };
        Ok(console.into_iter().filter(is_error).collect())
    }

    /// Checks that the contract's attributes are where it says.
    ///
    /// # Errors
    ///
    /// If one is missing.
    pub async fn check_contract(&self) -> Result<()> {
        let names = ["state", "workers", "ready", "succeeded", "failed", "pending", "error"];
        let pool = self.pool().await?;
        for name in names {
            ensure!(pool.0.contains_key(&format!("data-{name}")), "#pool has no data-{name}");
        }
        Ok(())
    }
}
