//! The function `browser_info`: what the host says about itself.
//!
//! Inside a worker there is no window; the host reads the worker's navigator once and hands it in.

use super::{Kernel, LocalBoxFuture};
use crate::{Args, Context, HostInfo, Output};

pub(super) const KERNEL: Kernel = Kernel {
    name: "browser_info",
    description: "Returns user agent, language and executor name",
    params: &[],
    run,
};

fn run<'a>(_args: &'a Args, context: &'a Context<'a>) -> LocalBoxFuture<'a> {
    Box::pin(async { Ok(Output::text(describe(context.info()))) })
}

fn describe(info: &HostInfo) -> String {
    let HostInfo { user_agent, language, executor_name } = info;
    format!("User-Agent: {user_agent}, Language: {language}, Executor: {executor_name}")
}

#[cfg(test)]
mod tests {
    use crate::tests::{check, check_error};

    #[test]
    fn tells_what_the_host_says() {
        check("browser_info", "[]", "User-Agent: test/1, Language: en, Executor: wasm-0");
        let expected = "browser_info takes no arguments, got 1 by position";
        check_error("browser_info", "[1]", "", expected);
    }
}
