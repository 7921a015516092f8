//! Executor worker and compute worker.
//!
//! A run is numbered by the executor; what the compute worker says carries the number, so late
//! words about an earlier run can be told apart. The compute worker says [`FromCompute::Offers`]
//! first, without being asked.

use serde::{Deserialize, Serialize};

/// Executor to compute worker.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub enum ToCompute {
    /// Run one function; there is at most one run at a time.
    Run {
        /// Number of this run.
        run: u32,
        /// Name of the function.
        function: String,
        /// Arguments by position: the text of a JSON array, or of any JSON that came instead.
        args_json: String,
        /// Arguments by name: the text of a JSON object, or of any JSON that came instead.
        kwargs_json: String,
        /// The executor's name, for functions that tell it.
        executor_name: String,
    },
    /// Hold the run at its next breath.
    Pause,
    /// Go on.
    Resume,
}

/// Compute worker to executor.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub enum FromCompute {
    /// The functions of this build.
    Offers {
        /// In the order of the registry.
        functions: Vec<FunctionInfo>,
    },
    /// How far a run is.
    Progress {
        /// Number of the run.
        run: u32,
        /// 0..=1.
        fraction: f64,
    },
    /// A line that the function wrote.
    Log {
        /// Number of the run.
        run: u32,
        /// The line.
        message: String,
    },
    /// The run ended well.
    Done {
        /// Number of the run.
        run: u32,
        /// What the process puts out.
        output: Vec<String>,
    },
    /// The run ended with a reason why it could not be done.
    Failed {
        /// Number of the run.
        run: u32,
        /// One sentence.
        reason: String,
    },
}

/// One function on offer.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct FunctionInfo {
    /// Its name.
    pub name: String,
    /// What it does, in one sentence.
    pub description: String,
    /// Its parameters, in order.
    pub params: Vec<ParamInfo>,
}

/// One parameter of a function.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ParamInfo {
    /// Its name.
    pub name: String,
    /// Its type, in words.
    pub kind: String,
    /// What it means, with unit and range.
    pub description: String,
    /// Whether it must be given.
    pub required: bool,
}
