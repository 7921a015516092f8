//! The functions an executor offers, and their registry.
//!
//! A kernel takes arguments as JSON text and gives back the strings its process puts out. The
//! host hands in everything else: a clock, a way to let others run, a log, its own description.
//!
//! No clock, no random source, no browser: same input, same bits, natively and in wasm32.
//! Time is read from the host only by [`Context::breathe`] and by the function `burn`.
//!
//! - `kernels` the registry, and one file per function in `kernels/`
//! - `args` arguments by position or by name, checked
//! - `number` numbers read from text and written as JavaScript writes them
//! - `text` JSON text made compact or short
//! - `output` what a function puts out
//! - `context` the edge: what a host provides, and the 20 ms between two breaths
//! - `native` a host without a browser, and a way to run to completion
//! - `error` every reason to refuse, as a sentence

mod args;
mod context;
mod error;
mod kernels;
mod native;
mod number;
mod output;
mod text;

pub use args::Args;
pub use context::{BREATH_MS, Context, Host, HostInfo};
pub use error::Error;
pub use kernels::{ALL, Kernel, Kind, LocalBoxFuture, Param, Run, find};
pub use native::{NativeHost, block_on, run_native};
pub use output::{Field, Output};

/// Runs the function `name` and returns the strings its process puts out.
///
/// `args_json` is the text of a JSON array, `kwargs_json` of a JSON object; `null` or nothing
/// means none. Arguments come by position or by name. The host is asked for time and breath.
///
/// # Errors
///
/// [`Error`] if the function is unknown, an argument is refused, or the function itself fails.
/// The same call fails in the same way again, so the process is closed as failed.
///
/// # Cancellation
///
/// Dropping the future loses the work done so far and nothing else.
///
/// # Examples
///
/// ```
/// use webpool_kernels::{HostInfo, NativeHost, block_on, run};
///
/// let host = NativeHost::new(HostInfo::default());
/// let output = block_on(run("add", "[5]", r#"{"b": "3"}"#, &host))?;
/// assert_eq!(output, ["8"]);
///
/// let error = block_on(run("add", "[5]", "", &host)).unwrap_err();
/// assert_eq!(error.to_string(), "argument b (position 2) of add is missing");
/// # Ok::<(), webpool_kernels::Error>(())
/// ```
pub async fn run(
    name: &str,
    args_json: &str,
    kwargs_json: &str,
    host: &dyn Host,
) -> Result<Vec<String>, Error> {
    let kernel = find(name).ok_or_else(|| Error::unknown_function(name))?;
    let args = Args::parse(kernel, args_json, kwargs_json)?;
    let context = Context::new(host);
    let output = (kernel.run)(&args, &context).await?;
    Ok(output.into_strings())
}

#[cfg(test)]
mod tests;
