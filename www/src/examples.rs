//! The functions of this page before a worker has said which there are: what each does, and what
//! stands in the run form when it is picked, arguments that show it at work.

/// A function and arguments that suit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// The function.
    pub function: &'static str,
    /// What is written into the field for arguments.
    pub args: &'static str,
    /// What it does, as a worker says it.
    pub about: &'static str,
}

/// The call that the page offers before anything was submitted: a picture.
pub const FIRST: Example = Example {
    function: "mandelbrot",
    args: "-0.6 0 3.2 480 320 300",
    about: "Computes escape counts of the Mandelbrot set",
};

/// Every function, with an example.
pub const ALL: [Example; 10] = [
    FIRST,
    Example {
        function: "count_primes",
        args: "0 5000000",
        about: "Counts the primes from one number up to, not including, another",
    },
    Example {
        function: "monte_carlo_pi",
        args: "10000000 42",
        about: "Estimates pi from random points of a seed",
    },
    Example {
        function: "fibonacci",
        args: "1000",
        about: "Returns the n-th Fibonacci number exactly",
    },
    Example { function: "echo", args: "'Hello from browser!'", about: "Returns the message" },
    Example { function: "add", args: "5 3", about: "Adds two numbers" },
    Example { function: "multiply", args: "7 6", about: "Multiplies two numbers" },
    Example { function: "greet", args: "World", about: "Returns a greeting" },
    Example {
        function: "browser_info",
        args: "",
        about: "Returns user agent, language and executor name",
    },
    Example {
        function: "burn",
        args: "3000",
        about: "Keeps a core busy for a while: for demonstrations and tests",
    },
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

    #[test]
    fn every_function_is_here_and_nothing_else() {
        let mut ours = ALL.map(|example| (example.function, example.about));
        let mut theirs =
            webpool_kernels::ALL.iter().map(|it| (it.name, it.description)).collect::<Vec<_>>();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours.as_slice(), theirs);
    }
}
