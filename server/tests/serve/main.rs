//! The program itself, over real sockets: every test starts `webpool` on a free port, with a folder
//! of its own.

#[cfg(test)]
mod broker;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod files;
#[cfg(test)]
mod record;
#[cfg(test)]
mod support;
