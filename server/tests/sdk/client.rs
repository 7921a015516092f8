//! Work that goes round through the SDK alone.
