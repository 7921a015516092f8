//! The function `echo`: gives back what it was given.
//!
//! A string comes back as it is, any other JSON as its compact text with keys in the order given
//! and numbers digit by digit.

use super::{Kernel, Kind, LocalBoxFuture, Param};
use crate::{Args, Context, Output};

pub(super) const KERNEL: Kernel = Kernel {
    name: "echo",
    description: "Returns the message",
    params: &[Param::required("message", Kind::Any, "what to return: any JSON")],
    run,
};

fn run<'a>(args: &'a Args, _context: &'a Context<'a>) -> LocalBoxFuture<'a> {
    Box::pin(async { Ok(Output::text(args.text("message")?)) })
}

#[cfg(test)]
mod tests {
    use crate::tests::check;

    #[test]
    fn gives_back_what_it_was_given() {
        check("echo", r#"["Hello from browser!"]"#, "Hello from browser!");
        check("echo", r#"[""]"#, "");
        check("echo", r#"["a\n\"b\" \u00e5 🦀"]"#, "a\n\"b\" å 🦀");
        check(
            "echo",
            r#"[{ "b" : [1, 2.50, null], "a" : " x " }]"#,
            r#"{"b":[1,2.50,null],"a":" x "}"#,
        );
        check("echo", "[12345678901234567890123]", "12345678901234567890123");
        check("echo", "[null]", "null");
        check("echo", "[1e999]", "1e999");
    }
}
