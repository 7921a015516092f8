//! Computing something oneself: any function of the colony, also with no worker here.

use leptos::prelude::*;
use webpool_wire::Call;

use super::browser;
use super::desk::{Desk, desk};
use super::outcome::Outcome;
use crate::{arguments, examples};

/// What stands in the fields, and what is wrong with them.
#[derive(Clone, Copy)]
struct Draft {
    desk: Desk,
    function: RwSignal<String>,
    args: RwSignal<String>,
    named: RwSignal<String>,
    /// Id of the field and the sentence.
    error: RwSignal<Option<(&'static str, String)>>,
}

impl Draft {
    fn new(desk: Desk) -> Self {
        let empty = || RwSignal::new(String::new());
        Self { desk, function: empty(), args: empty(), named: empty(), error: RwSignal::new(None) }
    }

    /// Takes a function's name; its example comes with it while the arguments are not the
    /// person's own.
    fn name(self, function: String) {
        let old = self.function.with_untracked(|old| examples::args(old));
        if self.args.with_untracked(|args| args.is_empty() || args == old) {
            self.args.set(examples::args(function.trim()).to_owned());
        }
        self.function.set(function);
    }

    /// Submits what stands here, or says what is wrong with it.
    fn run(self) {
        let result = self.call().and_then(|call| {
            self.desk.submit(call).map_err(|errors| {
                let first = errors.into_iter().next();
                first.map(|error| (error.field, error.sentence))
            })
        });
        let error = result.err().flatten();
        if let Some((field, _)) = &error {
            browser::focus(field);
        }
        self.error.set(error);
    }

    fn call(self) -> Result<Call, Option<(&'static str, String)>> {
        let judge = browser::judge_json;
        let args = self.args.with_untracked(|text| arguments::read(text, judge));
        let named = self.named.with_untracked(|text| arguments::read_named(text, judge));
        Ok(Call {
            function: self.function.with_untracked(|name| name.trim().to_owned()),
            args_json: args.map_err(|sentence| Some(("run-args", sentence)))?,
            kwargs_json: named.map_err(|sentence| Some(("run-kwargs", sentence)))?,
            executor_type: String::new(),
            max_exec_s: -1,
        })
    }

    fn error_of(self, field: &'static str) -> impl Fn() -> Option<String> + Copy {
        move || {
            self.error.with(|error| match error {
                Some((at, sentence)) if *at == field => Some(sentence.clone()),
                Some(_) | None => None,
            })
        }
    }
}

/// The form and what came of it.
#[component]
pub(super) fn RunForm() -> impl IntoView {
    let draft = Draft::new(desk());
    let example = move || {
        draft.args.set(String::new());
        draft.name(examples::FIRST.function.to_owned());
        draft.run();
    };
    view! {
        <section class="panel run" aria-labelledby="run-title">
            <h2 id="run-title">"Compute something"</h2>
            <form on:submit=move |event| {
                event.prevent_default();
                draft.run();
            }>
                <FunctionField draft=draft/>
                <ArgumentsField draft=draft/>
                <NamedField draft=draft/>
                <button id="run" type="submit">"Run"</button>
            </form>
            <Outcome example=example/>
        </section>
    }
}

#[component]
fn FunctionField(draft: Draft) -> impl IntoView {
    let snapshot = draft.desk.snapshot;
    let offers = Memo::new(move |_| snapshot.with(|now| now.functions.clone()));
    let names = move || -> Vec<String> {
        match offers.with(Vec::is_empty) {
            true => examples::ALL.iter().map(|example| example.function.to_owned()).collect(),
            false => offers.with(|offers| offers.iter().map(|it| it.name.clone()).collect()),
        }
    };
    let about = move || {
        let name = draft.function.get();
        offers.with(|offers| offers.iter().find(|it| it.name == name.trim()).map(signature))
    };
    let error = draft.error_of("run-function");
    view! {
        <div class="field">
            <label for="run-function">"Function"</label>
            <input
                id="run-function"
                list="functions"
                placeholder="such as mandelbrot"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby="run-function-hint run-function-error"
                aria-invalid=move || error().is_some().to_string()
                prop:value=draft.function
                on:input:target=move |event| draft.name(event.target().value())
            />
            <datalist id="functions">
                <For each=names key=String::clone let:name><option value=name></option></For>
            </datalist>
            <small id="run-function-hint">{about}</small>
            <p id="run-function-error" class="error">{error}</p>
        </div>
    }
}

/// What a function does and takes: `add(a, b): Adds two numbers.`
fn signature(info: &webpool_wire::FunctionInfo) -> String {
    let names: Vec<&str> = info.params.iter().map(|param| param.name.as_str()).collect();
    let about = info.description.trim_end_matches('.');
    format!("{}({}): {about}.", info.name, names.join(", "))
}

#[component]
fn ArgumentsField(draft: Draft) -> impl IntoView {
    let error = draft.error_of("run-args");
    view! {
        <div class="field">
            <label for="run-args">"Arguments"</label>
            <input
                id="run-args"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby="run-args-hint run-args-error"
                aria-invalid=move || error().is_some().to_string()
                prop:value=draft.args
                on:input:target=move |event| draft.args.set(event.target().value())
            />
            <small id="run-args-hint">"Words as in a shell, or a JSON array"</small>
            <p id="run-args-error" class="error">{error}</p>
        </div>
    }
}

#[component]
fn NamedField(draft: Draft) -> impl IntoView {
    let error = draft.error_of("run-kwargs");
    view! {
        <details class="named">
            <summary>"Arguments by name"</summary>
            <div class="field">
                <label class="heard" for="run-kwargs">"Arguments by name, a JSON object"</label>
                <input
                    id="run-kwargs"
                    placeholder="{\"name\": \"World\"}"
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby="run-kwargs-error"
                    aria-invalid=move || error().is_some().to_string()
                    prop:value=draft.named
                    on:input:target=move |event| draft.named.set(event.target().value())
                />
                <p id="run-kwargs-error" class="error">{error}</p>
            </div>
        </details>
    }
}
