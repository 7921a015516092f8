//! What an invite may be, and whether somebody may come by it.
