//! Values that several groups of flags take.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::foreign::HIDDEN;
use crate::secret::{Secret, Source};

pub(super) fn size(text: &str) -> Result<u64, String> {
    let units = [("K", 10), ("M", 20), ("G", 30)];
    let unit = units.iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, *shift)));
    let (digits, shift) = unit.unwrap_or((text, 0));
    let number: u64 = digits.parse().map_err(|_| "not a number of bytes".to_owned())?;
    number.checked_mul(1 << shift).filter(|bytes| *bytes > 0).ok_or_else(|| "not a size".into())
}

pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| (1..=1_000_000).contains(number))
        .ok_or_else(|| "not a number from 1 on".into())
}

pub(super) fn source(
    value: &Option<Secret>,
    file: &Option<PathBuf>,
    variable: &Option<OsString>,
) -> Option<Source> {
    let value = value.clone().map(Source::Value);
    let file = || file.clone().map(Source::File);
    value.or_else(file).or_else(|| variable.clone().map(Source::Environment))
}

/// Any bytes at all, never shown again.
pub(super) fn secret() -> impl clap::builder::TypedValueParser<Value = Secret> {
    OsStringValueParser::new().map(Secret::from)
}

/// What is wrong with a command line, without values that may be secrets: of flags that take a URL, of switches, which
/// take none, and words that are one too many, such as the second half of a password with a blank in it.
pub fn without_secrets(mut error: clap::Error) -> clap::Error {
    let flag = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) => flag.as_str(),
        _ => "",
    };
    let is_url = flag.ends_with("<URL>") || flag == "--domain <HOST>";
    let hidden = match error.kind() {
        ErrorKind::TooManyValues => ContextKind::InvalidValue,
        ErrorKind::ValueValidation if is_url => ContextKind::InvalidValue,
        ErrorKind::UnknownArgument if !flag.starts_with('-') => ContextKind::InvalidArg,
        // What stands where a command could.
        _ => ContextKind::InvalidSubcommand,
    };
    if error.get(hidden).is_some() {
        error.insert(hidden, ContextValue::String(HIDDEN.into()));
    }
    error
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() && duration < Duration::from_secs(1 << 30) => Ok(duration),
        _ => Err("not a time that can be waited for".into()),
    }
}
