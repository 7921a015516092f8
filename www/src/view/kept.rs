//! Values that are told only when they change, and lists of rows, with one copy of the machinery.
//!
//! Leptos compiles its reactive nodes anew for each closure, and keyed lists for each type of
//! item. Boxed closures and rows make the page's module a good third smaller.

use leptos::prelude::*;

/// Derives a value; whoever shows it hears of it only when it is another one.
pub(super) fn kept<T>(read: impl Fn() -> T + Send + Sync + 'static) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    kept_boxed(Box::new(read))
}

fn kept_boxed<T>(read: Box<dyn Fn() -> T + Send + Sync>) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    Memo::new(move |_| read())
}

/// Derives a text.
pub(super) fn text<T: Into<String>>(read: impl Fn() -> T + Send + Sync + 'static) -> Memo<String> {
    kept(move || read().into())
}

/// One row of a list.
pub(super) struct Row {
    key: String,
    view: Box<dyn FnOnce() -> AnyView + Send>,
}

impl Row {
    /// A row that is built once and kept while a row with this key is in the list.
    pub(super) fn new(key: String, view: impl FnOnce() -> AnyView + Send + 'static) -> Self {
        Self { key, view: Box::new(view) }
    }
}

/// Shows rows; a row that stays is not touched.
pub(super) fn rows(list: impl Fn() -> Vec<Row> + Send + Sync + 'static) -> AnyView {
    let list: Box<dyn Fn() -> Vec<Row> + Send + Sync> = Box::new(list);
    view! { <For each=move || list() key={|row| row.key.clone()} children=|row| (row.view)()/> }
        .into_any()
}
