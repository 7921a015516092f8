//! The thread's work, one batch at a time.

mod disk;
mod fixture;
mod input;
mod scale;
