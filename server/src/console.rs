//! Lines for the person at the terminal: results on standard output, trouble on standard error.
//!
//! A line that cannot be written (the reader of a pipe has gone) is dropped: nobody is left to be
//! told about it.

use std::fmt::Display;
use std::io::{self, Write as _};

/// Writes a line to standard output.
pub(crate) fn say(line: impl Display) {
    // Nobody listens any more: see the module's doc.
    writeln!(io::stdout().lock(), "{line}").unwrap_or_default();
}

/// Writes a line to standard error.
pub(crate) fn complain(line: impl Display) {
    // Nobody listens any more: see the module's doc.
    writeln!(io::stderr().lock(), "{line}").unwrap_or_default();
}
