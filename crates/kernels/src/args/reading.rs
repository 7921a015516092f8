//! Reading an argument as a text, a number or an integer.
//!
//! Numbers may be given as strings (`"5"`, `" 5 "`, `"1e3"`); `true`, `null`, arrays and objects
//! are no numbers. Limits are inclusive at both ends.

use super::Args;
use crate::error::Error;
use crate::number::{self, Reading};
use crate::text::{compact, shorten};
use std::fmt::Display;
use std::ops::RangeInclusive;

impl Args {
    /// Returns whether an optional argument was given.
    pub fn has(&self, name: &'static str) -> bool {
        self.json(name).is_ok()
    }

    /// Returns a string as it is, and any other JSON as its compact text.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`], or [`Error::Kind`] if a string is not Unicode (a lone surrogate).
    pub fn text(&self, name: &'static str) -> Result<String, Error> {
        let json = self.json(name)?;
        if !json.starts_with('"') {
            return Ok(compact(json));
        }
        serde_json::from_str(json).map_err(|_| self.kind(name, "Unicode without lone surrogates"))
    }

    /// Returns a string as it is, and a number, `true`, `false` or `null` as its text.
    ///
    /// # Errors
    ///
    /// As [`text`](Self::text); [`Error::Kind`] also for an array and an object.
    pub fn scalar(&self, name: &'static str) -> Result<String, Error> {
        if self.json(name)?.starts_with(['[', '{']) {
            return Err(self.kind(name, "a string"));
        }
        self.text(name)
    }

    /// Returns a string that is one of `choices`.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`], or [`Error::Kind`] for anything else.
    pub fn choice<T: Copy>(&self, name: &'static str, choices: &[(&str, T)]) -> Result<T, Error> {
        let text = self.text(name)?;
        let found = choices.iter().find(|(word, _)| *word == text);
        found.map(|(_, choice)| *choice).ok_or_else(|| {
            let words = choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
            self.kind(name, &format!("one of {words}"))
        })
    }

    /// Returns a finite number.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`], or [`Error::Kind`] if it is not a number, or not finite.
    pub fn number(&self, name: &'static str) -> Result<f64, Error> {
        match number::read(&self.digits(name, "a number")?) {
            Reading::Is(number) => Ok(number),
            Reading::IsNot => Err(self.kind(name, "a finite number (at most ±1.797e308)")),
            Reading::Words => Err(self.kind(name, "a number")),
        }
    }

    /// Returns a number within `allowed`.
    ///
    /// # Errors
    ///
    /// As [`number`](Self::number), and [`Error::Range`].
    pub fn number_in(
        &self,
        name: &'static str,
        allowed: RangeInclusive<f64>,
    ) -> Result<f64, Error> {
        let number = self.number(name)?;
        if allowed.contains(&number) {
            return Ok(number);
        }
        let limits = (number::write(*allowed.start()), number::write(*allowed.end()));
        Err(self.range(name, &limits.0, &limits.1))
    }

    /// Returns an integer within `allowed`.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`], [`Error::Kind`] if it is not a whole number, [`Error::Range`].
    ///
    /// # Examples
    ///
    /// ```
    /// use webpool_kernels::{Args, find};
    ///
    /// let args = Args::parse(find("fibonacci").unwrap(), r#"["1e3"]"#, "")?;
    /// assert_eq!(args.integer("n", 0..=1000)?, 1000);
    /// let error = args.integer("n", 0..=999).unwrap_err().to_string();
    /// assert_eq!(error, "argument n of fibonacci: 1e3 is outside 0..=999");
    /// # Ok::<(), webpool_kernels::Error>(())
    /// ```
    pub fn integer(&self, name: &'static str, allowed: RangeInclusive<u64>) -> Result<u64, Error> {
        match number::read_whole(&self.digits(name, "an integer")?) {
            Reading::Is(number) => u64::try_from(number)
                .ok()
                .filter(|number| allowed.contains(number))
                .ok_or_else(|| self.range(name, &allowed.start(), &allowed.end())),
            Reading::IsNot | Reading::Words => Err(self.kind(name, "an integer")),
        }
    }

    /// Returns the text of a number: bare, or out of its string.
    fn digits(&self, name: &'static str, expected: &str) -> Result<String, Error> {
        match self.json(name)?.chars().next() {
            Some('"' | '-' | '0'..='9') => self.text(name),
            Some(_) | None => Err(self.kind(name, expected)),
        }
    }

    fn kind(&self, argument: &'static str, expected: &str) -> Error {
        let got = self.json(argument).map(compact).unwrap_or_default();
        let (expected, got) = (expected.to_owned(), shorten(&got));
        Error::Kind { function: self.function, argument, expected, got }
    }

    fn range(&self, argument: &'static str, low: &dyn Display, high: &dyn Display) -> Error {
        let got = self.text(argument).unwrap_or_default();
        let (got, allowed) = (shorten(got.trim()), format!("{low}..={high}"));
        Error::Range { function: self.function, argument, got, allowed }
    }
}
