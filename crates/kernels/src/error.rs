//! Every reason to refuse: what was wrong, where, and what is allowed.
//!
//! The sentences reach the submitter as the errors of a failed process. What was given is quoted
//! as JSON text, at most 60 characters of it.

use crate::kernels::ALL;
use crate::text::shorten;

/// Why a function was not run, or did not end well.
///
/// None of these can be mended by trying again with the same arguments.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No function of this name is on offer.
    #[error("unknown function «{name}»; this executor offers: {offered}")]
    UnknownFunction {
        /// The name asked for, shortened.
        name: String,
        /// The names on offer, separated by commas.
        offered: String,
    },
    /// The text of `args` or `kwargs` is not JSON of the expected shape.
    #[error("{what} must be a JSON {expected}, got {got}")]
    Shape {
        /// `args` or `kwargs`.
        what: &'static str,
        /// `array` or `object`.
        expected: &'static str,
        /// What was given, shortened.
        got: String,
        /// Where the text stops making sense.
        #[source]
        source: serde_json::Error,
    },
    /// More arguments by position than the function has.
    #[error("{function} takes {allowed}, got {given} by position")]
    TooMany {
        /// The function.
        function: &'static str,
        /// Its arguments, in words.
        allowed: String,
        /// How many were given.
        given: usize,
    },
    /// An argument by a name the function does not have.
    #[error("{function} has no argument «{name}»; it takes {allowed}")]
    UnknownArgument {
        /// The function.
        function: &'static str,
        /// The name given, shortened.
        name: String,
        /// Its arguments, in words.
        allowed: String,
    },
    /// One argument by position and by name.
    #[error("argument {argument} of {function} is given twice: at position {position} and by name")]
    GivenTwice {
        /// The function.
        function: &'static str,
        /// The argument.
        argument: &'static str,
        /// Its position, counted from 1.
        position: usize,
    },
    /// A required argument was not given.
    #[error("argument {argument} (position {position}) of {function} is missing")]
    Missing {
        /// The function.
        function: &'static str,
        /// The argument.
        argument: &'static str,
        /// Its position, counted from 1.
        position: usize,
    },
    /// An argument of the wrong kind.
    #[error("argument {argument} of {function} must be {expected}, got {got}")]
    Kind {
        /// The function.
        function: &'static str,
        /// The argument.
        argument: &'static str,
        /// What is allowed.
        expected: String,
        /// What was given, shortened.
        got: String,
    },
    /// A number outside its limits.
    #[error("argument {argument} of {function}: {got} is outside {allowed}")]
    Range {
        /// The function.
        function: &'static str,
        /// The argument.
        argument: &'static str,
        /// What was given, shortened.
        got: String,
        /// The limits, as `low..=high`.
        allowed: String,
    },
    /// A result no number can hold.
    #[error("the result of {function} is outside ±1.7976931348623157e+308, the largest number")]
    Overflow {
        /// The function.
        function: &'static str,
    },
    /// A picture that would need too much memory.
    #[error(
        "mandelbrot: {rows} rows of {width} pixels are more than {limit} pixels; \
         ask for fewer rows with row_from and row_to"
    )]
    Pixels {
        /// Rows asked for.
        rows: u64,
        /// Pixels in a row.
        width: u64,
        /// The most pixels of one call.
        limit: u64,
    },
    /// `burn` waits for a time that does not pass.
    #[error("burn: the clock of this host stands still")]
    ClockStands,
    /// `burn` was to run out of memory and did not.
    #[error("burn: memory did not run out, {held_mib} MiB were given")]
    MemoryLeft {
        /// How much it held at the end, in MiB.
        held_mib: usize,
    },
    /// `burn` was to overflow the stack and did not.
    #[error("burn: the stack did not overflow, {taken_kib} KiB of it were taken")]
    StackLeft {
        /// How much it had taken at the end, in KiB.
        taken_kib: usize,
    },
}

impl Error {
    pub(crate) fn unknown_function(name: &str) -> Self {
        let offered = ALL.iter().map(|kernel| kernel.name).collect::<Vec<_>>().join(", ");
        Self::UnknownFunction { name: shorten(name), offered }
    }
}
