//! Every arrow of the executor, by table: what it is told, what it wants done.
//!
//! One file for each part of the machine; `bench` is the machine fed by hand.

mod bench;
mod deliver;
mod join;
mod leave;
mod linked;
mod run;
mod wait;

use super::*;
use crate::event::Outcome;
