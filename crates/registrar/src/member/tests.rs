//! What members may be called.
