//! The function `greet`: a greeting by name.
//!
//! The name is a string; a number, `true`, `false` or `null` is taken as its text.

use super::{Kernel, Kind, LocalBoxFuture, Param};
use crate::{Args, Context, Output};

pub(super) const KERNEL: Kernel = Kernel {
    name: "greet",
    description: "Returns a greeting",
    params: &[Param::required("name", Kind::String, "whom to greet")],
    run,
};

fn run<'a>(args: &'a Args, _context: &'a Context<'a>) -> LocalBoxFuture<'a> {
    Box::pin(async {
        let name = args.scalar("name")?;
        Ok(Output::text(format!("Hello, {name}! Greetings from the WASM executor.")))
    })
}

#[cfg(test)]
mod tests {
    use crate::tests::{check, check_error};

    #[test]
    fn greets_any_scalar() {
        check("greet", r#"["World"]"#, "Hello, World! Greetings from the WASM executor.");
        check("greet", "[7]", "Hello, 7! Greetings from the WASM executor.");
        check("greet", "[true]", "Hello, true! Greetings from the WASM executor.");
        check_error("greet", "[[1, 2]]", "", "argument name of greet must be a string, got [1,2]");
    }
}
