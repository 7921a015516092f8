//! The function `add`: the sum of two numbers.
//!
//! Numbers are f64: integers are exact up to 2^53. A sum beyond 1.797e308 is an error.

use super::{Kernel, Kind, LocalBoxFuture, Param};
use crate::{Args, Context, Output};

pub(super) const KERNEL: Kernel = Kernel {
    name: "add",
    description: "Adds two numbers",
    params: &[
        Param::required("a", Kind::Number, "first number"),
        Param::required("b", Kind::Number, "second number"),
    ],
    run,
};

fn run<'a>(args: &'a Args, _context: &'a Context<'a>) -> LocalBoxFuture<'a> {
    Box::pin(async { Output::number(KERNEL.name, args.number("a")? + args.number("b")?) })
}

#[cfg(test)]
mod tests {
    use crate::tests::{check, check_error};

    #[test]
    fn adds() {
        check("add", "[5, 3]", "8");
        check("add", r#"["5", " 3 "]"#, "8");
        check("add", "[0.1, 0.2]", "0.30000000000000004");
        check("add", "[-0.0, -0.0]", "0");
        check("add", r#"["1e3", 1e300]"#, "1e+300");
    }

    #[test]
    fn refuses_what_no_number_holds() {
        let expected = "the result of add is outside ±1.7976931348623157e+308, the largest number";
        check_error("add", "[1.7e308, 1.7e308]", "", expected);
    }
}
