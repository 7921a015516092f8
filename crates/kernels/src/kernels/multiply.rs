//! The function `multiply`: the product of two numbers.
//!
//! Numbers are f64: integers are exact up to 2^53. A product beyond 1.797e308 is an error.

use super::{Kernel, Kind, LocalBoxFuture, Param};
use crate::{Args, Context, Output};

pub(super) const KERNEL: Kernel = Kernel {
    name: "multiply",
    description: "Multiplies two numbers",
    params: &[
        Param::required("a", Kind::Number, "first number"),
        Param::required("b", Kind::Number, "second number"),
    ],
    run,
};

fn run<'a>(args: &'a Args, _context: &'a Context<'a>) -> LocalBoxFuture<'a> {
    Box::pin(async { Output::number(KERNEL.name, args.number("a")? * args.number("b")?) })
}

#[cfg(test)]
mod tests {
    use crate::tests::{check, check_error};

    #[test]
    fn multiplies() {
        check("multiply", "[7, 6]", "42");
        check("multiply", r#"["-2.5", 2]"#, "-5");
        check("multiply", "[-1, 0]", "0");
        check("multiply", "[1e-200, 1e-200]", "0");
    }

    #[test]
    fn refuses_what_no_number_holds() {
        let expected =
            "the result of multiply is outside ±1.7976931348623157e+308, the largest number";
        check_error("multiply", "[1e200, -1e200]", "", expected);
    }
}
