//! The registry: one line per function, one file per function in `kernels/`.
//!
//! Adding a function `name` is a file `kernels/name.rs` with a `KERNEL`, and its line below.
//! Submitters see the order of the lines in every list of functions.
//!
//! A hot loop stands in a function of its own, marked `#[inline(never)]` and called about every
//! millisecond: browsers compile a module quickly first and well later, and a function that is
//! running goes on in its slow form until it is called again.

use crate::args::Args;
use crate::context::Context;
use crate::error::Error;
use crate::output::Output;
use std::pin::Pin;

/// Declares the module of each function and lists its `KERNEL`.
macro_rules! registry {
    ($($name:ident,)*) => {
        $(mod $name;)*

        /// Every function on offer, in the order they are listed to submitters.
        pub const ALL: &[Kernel] = &[$($name::KERNEL,)*];
    };
}

registry! {
    echo,
    add,
    multiply,
    greet,
    browser_info,
    fibonacci,
    count_primes,
    monte_carlo_pi,
    mandelbrot,
    burn,
}

/// A function's work under way; it stays on the thread it was started on.
pub type LocalBoxFuture<'a> = Pin<Box<dyn Future<Output = Result<Output, Error>> + 'a>>;

/// How a function is started.
pub type Run = for<'a> fn(&'a Args, &'a Context<'a>) -> LocalBoxFuture<'a>;

/// A function on offer.
#[derive(Debug, Clone, Copy)]
pub struct Kernel {
    /// The name submitters call it by.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub description: &'static str,
    /// Its arguments, by position; the required ones come first.
    pub params: &'static [Param],
    /// Starts it with checked arguments.
    pub run: Run,
}

/// An argument of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    /// The name it is given by in `kwargs`.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it means, with its limits and its default.
    pub description: &'static str,
    /// Whether the function can do without it.
    pub required: bool,
}

/// What an argument holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text; other scalars are taken as their JSON text.
    String,
    /// A whole number, as a number or as a string.
    Integer,
    /// A finite number, as a number or as a string.
    Number,
    /// Any JSON.
    Any,
}

impl Kind {
    /// Returns the kind's name: `string`, `integer`, `number` or `any`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Any => "any",
        }
    }
}

impl Param {
    /// An argument that must be given.
    pub(crate) const fn required(
        name: &'static str,
        kind: Kind,
        description: &'static str,
    ) -> Self {
        Self { name, kind, description, required: true }
    }

    /// An argument that has a default.
    pub(crate) const fn optional(
        name: &'static str,
        kind: Kind,
        description: &'static str,
    ) -> Self {
        Self { name, kind, description, required: false }
    }
}

/// Finds the function of this exact name.
///
/// # Examples
///
/// ```
/// let add = webpool_kernels::find("add").unwrap();
/// assert_eq!(add.params.iter().map(|param| param.name).collect::<Vec<_>>(), ["a", "b"]);
/// assert!(webpool_kernels::find("Add").is_none());
/// ```
pub fn find(name: &str) -> Option<&'static Kernel> {
    ALL.iter().find(|kernel| kernel.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_function_is_named_once_and_described() {
        let names = ALL.iter().map(|kernel| kernel.name).collect::<BTreeSet<_>>();
        assert_eq!(names.len(), ALL.len());
        for kernel in ALL {
            assert!(!kernel.description.is_empty(), "{}", kernel.name);
            let required = kernel.params.iter().map(|param| param.required).collect::<Vec<_>>();
            assert!(required.is_sorted_by(|before, after| before >= after), "{}", kernel.name);
        }
    }
}
