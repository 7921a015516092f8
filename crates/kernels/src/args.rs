//! Arguments by position or by name, checked against what the function takes.
//!
//! The values stay JSON text until a function asks for one as a text, a number or an integer, so
//! no digit is lost and any JSON can be echoed. `null` for an optional argument means that it is
//! not given.
//!
//! - `reading` an argument as a text, a number or an integer

use crate::error::Error;
use crate::kernels::{Kernel, Param};
use crate::text::shorten;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

mod reading;

/// The arguments of one call; those that are required are there.
#[derive(Debug)]
pub struct Args {
    function: &'static str,
    params: &'static [Param],
    values: Vec<Option<Box<RawValue>>>,
}

type Named = BTreeMap<String, Box<RawValue>>;

impl Args {
    /// Reads the arguments of `kernel` from the text of a JSON array and of a JSON object.
    ///
    /// `null` or nothing stands for an empty one.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`], [`Error::TooMany`], [`Error::UnknownArgument`], [`Error::GivenTwice`]
    /// or [`Error::Missing`]: what was given does not fit what the function takes.
    ///
    /// # Examples
    ///
    /// ```
    /// use webpool_kernels::{Args, find};
    ///
    /// let add = find("add").unwrap();
    /// let args = Args::parse(add, "[5]", r#"{"b": "3"}"#)?;
    /// assert_eq!(args.number("a")? + args.number("b")?, 8.0);
    /// assert!(Args::parse(add, "[5, 3, 1]", "null").is_err());
    /// # Ok::<(), webpool_kernels::Error>(())
    /// ```
    pub fn parse(kernel: &Kernel, args_json: &str, kwargs_json: &str) -> Result<Self, Error> {
        let positional: Vec<_> = or_none(args_json)
            .map_or(Ok(Vec::new()), serde_json::from_str)
            .map_err(|source| shape("args", "array", args_json, source))?;
        let named: Named = or_none(kwargs_json)
            .map_or(Ok(Named::new()), serde_json::from_str)
            .map_err(|source| shape("kwargs", "object", kwargs_json, source))?;

        let mut args = Self { function: kernel.name, params: kernel.params, values: Vec::new() };
        args.place(positional)?;
        args.place_named(named)?;
        args.require()?;
        Ok(args)
    }

    fn place(&mut self, positional: Vec<Box<RawValue>>) -> Result<(), Error> {
        let given = positional.len();
        if given > self.params.len() {
            let allowed = allowed(self.params);
            return Err(Error::TooMany { function: self.function, allowed, given });
        }
        self.values = positional.into_iter().map(Some).collect();
        self.values.resize_with(self.params.len(), || None);
        Ok(())
    }

    fn place_named(&mut self, named: Named) -> Result<(), Error> {
        let function = self.function;
        for (name, value) in named {
            let mut places = self.params.iter().zip(&mut self.values).enumerate();
            let Some((at, (param, place))) = places.find(|(_, (param, _))| param.name == name)
            else {
                let (name, allowed) = (shorten(&name), allowed(self.params));
                return Err(Error::UnknownArgument { function, name, allowed });
            };
            if place.replace(value).is_some() {
                return Err(Error::GivenTwice { function, argument: param.name, position: at + 1 });
            }
        }
        Ok(())
    }

    fn require(&mut self) -> Result<(), Error> {
        for (at, (param, value)) in self.params.iter().zip(&mut self.values).enumerate() {
            if value.is_none() && param.required {
                let (function, argument) = (self.function, param.name);
                return Err(Error::Missing { function, argument, position: at + 1 });
            }
            value.take_if(|json| json.get() == "null" && !param.required);
        }
        Ok(())
    }

    fn json(&self, name: &'static str) -> Result<&str, Error> {
        let at = self.params.iter().position(|param| param.name == name);
        at.and_then(|at| self.values.get(at)?.as_deref()).map(RawValue::get).ok_or(Error::Missing {
            function: self.function,
            argument: name,
            position: at.map_or(0, |at| at + 1),
        })
    }
}

fn or_none(json: &str) -> Option<&str> {
    Some(json.trim()).filter(|json| !json.is_empty() && *json != "null")
}

fn shape(
    what: &'static str,
    expected: &'static str,
    json: &str,
    source: serde_json::Error,
) -> Error {
    Error::Shape { what, expected, got: shorten(json.trim()), source }
}

/// Says what a function takes: `2 arguments (a, b)`.
fn allowed(params: &[Param]) -> String {
    let names = params.iter().map(|param| param.name).collect::<Vec<_>>().join(", ");
    match params.len() {
        0 => "no arguments".to_owned(),
        1 => format!("1 argument ({names})"),
        count => format!("{count} arguments ({names})"),
    }
}

#[cfg(test)]
mod tests;
