//! The program itself, over real sockets: every test starts `webpool` on a free port, with a folder
//! of its own.

#[cfg(test)]
mod broker;
#[cfg(test)]
mod colonies;
#[cfg(test)]
mod colony;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod corpus;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod disk;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod files;
#[cfg(test)]
mod headers;
#[cfg(test)]
mod init;
#[cfg(test)]
mod invite;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod link;
#[cfg(test)]
mod operator;
#[cfg(test)]
mod pubsub;
#[cfg(test)]
mod rates;
#[cfg(test)]
mod record;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod scale;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod watch;
