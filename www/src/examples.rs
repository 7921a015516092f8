//! What stands in the run form when a function is picked: arguments that show it at work.

/// A function and arguments that suit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// The function.
    pub function: &'static str,
    /// What is written into the field for arguments.
    pub args: &'static str,
}

/// The call that the page offers before anything was submitted: a picture.
pub const FIRST: Example = Example { function: "mandelbrot", args: "-0.6 0 3.2 480 320 300" };

/// Examples, and the functions offered before a worker has said which there are.
pub const ALL: [Example; 10] = [
    FIRST,
    Example { function: "count_primes", args: "0 5000000" },
    Example { function: "monte_carlo_pi", args: "10000000 42" },
    Example { function: "fibonacci", args: "1000" },
    Example { function: "echo", args: "'Hello from browser!'" },
    Example { function: "add", args: "5 3" },
    Example { function: "multiply", args: "7 6" },
    Example { function: "greet", args: "World" },
    Example { function: "browser_info", args: "" },
    Example { function: "burn", args: "3000" },
];

/// The arguments that suit a function; empty for one that is not known here.
pub fn args(function: &str) -> &'static str {
    ALL.iter().find(|example| example.function == function).map_or("", |example| example.args)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_a_picture() {
        assert_eq!(args(FIRST.function), "-0.6 0 3.2 480 320 300");
        assert_eq!(args("unheard_of"), "");
    }
}
