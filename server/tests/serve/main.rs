//! The program itself, over real sockets: every test starts `webpool` on a free port, with a folder
//! of its own.

#[cfg(test)]
mod broker;
#[cfg(test)]
mod commands;
#[cfg(all(test, target_os = "linux"))]
mod disk;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod files;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod support;
