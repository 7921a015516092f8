//! Page and executor worker: what a page does when another build of it is served.

use serde::{Deserialize, Serialize};

/// Whether the page loads itself anew when an executor is given a function that this build does not
/// have, while the server has another build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum Reload {
    /// It does not: the process fails.
    #[default]
    Never,
    /// It does: the process is given back.
    Once {
        /// The build for which it has done so already, in vain; empty if for none.
        tried: String,
    },
}

impl Reload {
    /// Whether the page may come to this build by loading itself anew.
    pub fn may_bring(&self, build: &str) -> bool {
        match self {
            Self::Never => false,
            Self::Once { tried } => tried != build,
        }
    }
}
