//! A program that says on its standard output when it is ready, and is killed when it is dropped.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

/// How long a program may take to become ready.
const READY: Duration = Duration::from_secs(20);

/// A running program.
#[derive(Debug)]
pub(crate) struct Running(Child);

impl Running {
    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Starts it; it says nothing.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub(crate) fn start_silent(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let (input, output, errors) = (Stdio::null(), Stdio::null(), Stdio::null());
        let child = command.stdin(input).stdout(output).stderr(errors).spawn();
        Ok(Self(child.with_context(|| format!("cannot start {name}"))?))
    }

    /// Starts it and waits for a line with `mark`; returns what follows the mark in that line.
    ///
    /// # Errors
    ///
    /// If it cannot be started, or ends or stays silent instead.
    pub(crate) fn start(command: &mut Command, mark: &'static str) -> Result<(Self, String)> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let output = child.stdout.take().context("no standard output")?;
        let running = Self(child);
        let (sender, receiver): (Sender<String>, Receiver<String>) = channel();
        // Goes on reading to the end, so that the program never waits for a reader.
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once(mark) {
                    sender.send(rest.to_owned()).unwrap_or_default();
                }
            }
        });
        let rest = receiver
            .recv_timeout(READY)
            .with_context(|| format!("{name} did not say «{mark}» within {READY:?}"))?;
        Ok((running, rest))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap_or_default();
        self.0.wait().map(drop).unwrap_or_default();
    }
}
