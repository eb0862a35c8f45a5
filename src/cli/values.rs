//! Values that several groups of flags accept.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::foreign::HIDDEN;
use crate::secret::Secret;
use crate::secret_source::SecretSource;

pub(super) fn size(text: &str) -> Result<u64, String> {
    let units = [("K", 10), ("M", 20), ("G", 30)];
    let unit = units.iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, *shift)));
    let (digits, shift) = unit.unwrap_or((text, 0));
    let number: u64 =
        digits.parse().map_err(|_| "expected a number of bytes, such as 1000, 64K or 128M".to_owned())?;
    number.checked_mul(1 << shift).filter(|bytes| *bytes > 0).ok_or_else(|| "out of range".into())
}

pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| (1..=1_000_000).contains(number))
        .ok_or_else(|| "expected a number from 1 to 1000000".into())
}

pub(super) fn source(
    value: &Option<Secret>,
    file: &Option<PathBuf>,
    variable: &Option<OsString>,
) -> Option<SecretSource> {
    let value = value.clone().map(SecretSource::Value);
    let file = || file.clone().map(SecretSource::File);
    value.or_else(file).or_else(|| variable.clone().map(SecretSource::Environment))
}

/// Those of these options that were given.
pub fn given<const N: usize>(options: [(bool, &'static str); N]) -> impl Iterator<Item = &'static str> {
    options.into_iter().filter_map(|(is_given, name)| is_given.then_some(name))
}

/// Takes any bytes, and never shows them again.
pub(super) fn secret() -> impl TypedValueParser<Value = Secret> {
    OsStringValueParser::new().map(Secret::from)
}

/// Takes one of these words, and turns it into the value beside it.
pub(super) fn one_of<T, const N: usize>(choices: [(&'static str, T); N]) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    PossibleValuesParser::new(choices.map(|(word, _)| word)).try_map(move |text| {
        let choice = choices.iter().find(|(word, _)| *word == text);
        choice.map(|(_, value)| *value).ok_or("not one of the possible values")
    })
}

/// Hides values in an error of clap that may be secrets: those of flags that take a URL, those of switches, which take
/// none, and surplus words, such as the second half of a password with a space in it.
pub fn hide_secrets(mut error: clap::Error) -> clap::Error {
    let flag = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) => flag.as_str(),
        _ => "",
    };
    let is_url = flag.ends_with("<URL>") || flag == "--domain <HOST>";
    let hidden = match error.kind() {
        ErrorKind::TooManyValues => ContextKind::InvalidValue,
        ErrorKind::ValueValidation if is_url => ContextKind::InvalidValue,
        ErrorKind::UnknownArgument if !flag.starts_with('-') => ContextKind::InvalidArg,
        // A word where a command could be.
        _ => ContextKind::InvalidSubcommand,
    };
    if error.get(hidden).is_some() {
        error.insert(hidden, ContextValue::String(HIDDEN.into()));
    }
    error
}

/// What is wrong with a command line, in one line. Values that may be secrets are hidden.
pub fn summarize(error: clap::Error) -> String {
    let text = hide_secrets(error).to_string();
    let lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    let line = lines.collect::<Vec<_>>().join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() && duration < Duration::from_secs(1 << 30) => Ok(duration),
        _ => Err("out of range".into()),
    }
}

/// As [`seconds`], or zero.
pub(super) fn seconds_or_none(text: &str) -> Result<Duration, String> {
    if text == "0" { Ok(Duration::ZERO) } else { seconds(text) }
}
