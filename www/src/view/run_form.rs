//! Computing something oneself: any function of the colony, also with no worker here.

use leptos::prelude::*;
use webpool::snapshot::Snapshot;
use webpool_wire::link::RefusalCode;
use webpool_wire::{Call, FunctionInfo};

use super::browser;
use super::desk::{Desk, desk};
use super::kept::{Row, kept, rows, text};
use super::outcome::outcome;
use crate::{arguments, examples, words};

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

    /// What is wrong with one field; empty if nothing is.
    fn error_of(self, field: &'static str) -> Memo<String> {
        text(move || {
            self.error.with(|error| match error {
                Some((at, sentence)) if *at == field => sentence.clone(),
                Some(_) | None => String::new(),
            })
        })
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
    let form = draft.desk.form;
    let may_submit = kept(move || form.may_submit());
    let is_shut = kept(move || !may_submit.get());
    let why_not = move || words::barred(RefusalCode::NoVisitors, "", &draft.desk.place());
    view! {
        <section class="panel run" aria-labelledby="run-title">
            <h2 id="run-title">"Compute something"</h2>
            <p class="quiet" hidden=may_submit>{text(why_not)}</p>
            <form hidden=is_shut on:submit=move |event| {
                event.prevent_default();
                draft.run();
            }>
                {entry(draft, &FUNCTION)}
                {entry(draft, &ARGUMENTS)}
                <button id="run" type="submit">"Run"</button>
                <small class="about">{about(draft)}</small>
                <details class="named">
                    <summary>"Arguments by name"</summary>
                    {entry(draft, &NAMED)}
                </details>
                <datalist id="functions">{functions(draft)}</datalist>
            </form>
            <div hidden=is_shut>{outcome(draft.desk, example)}</div>
        </section>
    }
}

/// One field of the form.
struct Entry {
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    placeholder: &'static str,
    value: fn(Draft) -> RwSignal<String>,
    take: fn(Draft, String),
}

const FUNCTION: Entry = Entry {
    id: "run-function",
    label: "Function",
    hint: "",
    placeholder: "such as mandelbrot",
    value: |draft| draft.function,
    take: Draft::name,
};

const ARGUMENTS: Entry = Entry {
    id: "run-args",
    label: "Arguments",
    hint: "Words as in a shell, or a JSON array",
    placeholder: "",
    value: |draft| draft.args,
    take: |draft, text| draft.args.set(text),
};

const NAMED: Entry = Entry {
    id: "run-kwargs",
    label: "As a JSON object",
    hint: "",
    placeholder: "{\"name\": \"World\"}",
    value: |draft| draft.named,
    take: |draft, text| draft.named.set(text),
};

fn entry(draft: Draft, entry: &Entry) -> impl IntoView {
    let &Entry { id, label, hint, placeholder, value, take } = entry;
    let error = draft.error_of(id);
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                list=(id == FUNCTION.id).then_some("functions")
                placeholder=placeholder
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=format!("{hint_id} {error_id}")
                aria-invalid=text(move || (!error.get().is_empty()).to_string())
                prop:value=value(draft)
                on:input:target=move |event| take(draft, event.target().value())
            />
            <small id=hint_id.clone()>{hint}</small>
            <p id=error_id.clone() class="error">{error}</p>
        </div>
    }
}

/// The names to choose from: what a worker has said, or what every build offers.
fn functions(draft: Draft) -> AnyView {
    let names = kept(move || {
        let told = |now: &Snapshot| now.functions.iter().map(|it| it.name.clone()).collect();
        let names: Vec<String> = draft.desk.snapshot.with(told);
        let ours = || examples::ALL.iter().map(|example| example.function.to_owned()).collect();
        if names.is_empty() { ours() } else { names }
    });
    let option = |name: String| {
        Row::new(name.clone(), move || view! { <option value=name.clone()></option> }.into_any())
    };
    rows(move || names.get().into_iter().map(option).collect())
}

/// What the function does and takes: `add(a, b): Adds two numbers.`
fn about(draft: Draft) -> Memo<String> {
    text(move || {
        let name = draft.function.get();
        draft.desk.snapshot.with(|now| {
            let info = now.functions.iter().find(|info| info.name == name.trim());
            info.map(signature).unwrap_or_default()
        })
    })
}

fn signature(info: &FunctionInfo) -> String {
    let names: Vec<&str> = info.params.iter().map(|param| param.name.as_str()).collect();
    let about = info.description.trim_end_matches('.');
    format!("{}({}): {about}.", info.name, names.join(", "))
}
