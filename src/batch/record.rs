//! A record → a test: its fields are the command line's options, judged by the same parser.

use std::io;

use clap::{ArgAction, Command, CommandFactory as _, FromArgMatches as _, Parser};
use openssl::sha::Sha256;
use serde_json::Value;
use zeroize::Zeroize as _;

use super::manifest::{Entry, Fields};
use crate::args::{TestArgs, without_secrets};
use crate::error::{Error, Kind};
use crate::request::url::ForwardUrl;

/// One test of a batch.
pub struct Record {
    /// What its result is known by.
    pub id: String,
    /// Where the manifest has it, from 1.
    pub line: u64,
    /// Bytes of the manifest up to its end.
    pub read: u64,
    /// The test, or why there is none.
    pub test: Result<Test, Error>,
}

/// A test, and what it may have in common with others.
pub struct Test {
    /// As the command line would have it.
    pub args: TestArgs,
    /// `host:port` of its URL, or the platform.
    pub host: String,
    /// The same in tests that go the same way.
    pub route: Digest,
    /// The same in tests of the same P12 under the same password.
    pub p12: Digest,
}

/// What a result is known by whose record has no id of its own.
pub(super) fn by_line(line: u64) -> String {
    format!("line-{line}")
}

/// Stands for some fields and their values.
pub type Digest = [u8; 32];

/// Reads records; keeps what `defaults` said.
pub struct Records {
    command: Command,
    defaults: Fields,
}

/// A test without the other commands.
#[derive(Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct Line {
    #[command(flatten)]
    test: TestArgs,
}

/// Options that are about the one answer of a single run, or about reading standard input.
const NOT_FOR_RECORDS: &[&str] =
    &["help", "version", "json", "report", "include", "quiet", "verbose", "color", "password-stdin", "curl"];

/// Options of which one takes the place of another.
const FAMILIES: &[&[&str]] = &[
    &["password", "password-file", "password-env", "no-password"],
    &["authorization", "authorization-file", "authorization-env"],
    &["bearer", "bearer-file", "bearer-env", "oauth1", "oauth1-file", "oauth1-env"],
    &["proxy-user-file", "proxy-user-env"],
];

/// What tells one P12 under its password from another.
const OF_THE_P12: &[&str] =
    &["p12", "password", "password-file", "password-env", "no-password", "alias", "no-precheck"];

/// What is of one request alone; all else is of the route.
const OF_THE_REQUEST: &[&str] = &[
    "url",
    "method",
    "content-type",
    "body",
    "header",
    "authorization",
    "authorization-file",
    "authorization-env",
    "output",
    "include-body",
];

impl Records {
    /// With these defaults.
    pub fn new(defaults: Fields) -> Self {
        Self { command: Line::command(), defaults: spelled(defaults) }
    }

    /// The record of an entry; `None` when it was `{"defaults": …}`, which is for all that follow.
    pub fn take(&mut self, entry: Entry) -> Option<Record> {
        let Entry { line, fields, read } = entry;
        let fallback = by_line(line);
        let invalid = |id: String, what: &str| {
            let error = Error::new(Kind::RecordInvalid, format!("the record in line {line}: {what}"));
            Some(Record { id, line, read, test: Err(error) })
        };
        let mut fields = match fields {
            Ok(fields) => fields,
            Err(what) => return invalid(fallback, &what),
        };
        if let (1, Some(Value::Object(_))) = (fields.len(), fields.get("defaults")) {
            if let Some(Value::Object(defaults)) = fields.remove("defaults") {
                self.defaults = merged(&self.defaults, spelled(defaults));
            }
            return None;
        }
        let id = match fields.remove("id") {
            Some(Value::String(id)) if !id.is_empty() => id,
            Some(Value::Number(id)) => id.to_string(),
            None => return invalid(fallback, "it has no id"),
            Some(_) => return invalid(fallback, "its id is neither a text nor a number"),
        };
        match self.test(&Wiped(merged(&self.defaults, spelled(fields))).0) {
            Ok(test) => Some(Record { id, line, read, test: Ok(test) }),
            Err(what) => invalid(id, &what),
        }
    }

    fn test(&mut self, fields: &Fields) -> Result<Test, String> {
        let arguments = self.arguments(fields)?;
        let matches = self.command.try_get_matches_from_mut(arguments).map_err(told)?;
        let args = Line::from_arg_matches(&matches).map_err(told)?.test;
        if args.reads_stdin() {
            return Err("a body from standard input is not for records".into());
        }
        let host = match fields.get("account") {
            Some(account) => format!("the platform, account {account}"),
            None => ForwardUrl::parse(args.url().map_err(|error| error.message)?)
                .map_err(|error| error.message)?
                .target(),
        };
        let of_the_p12 = |name: &str| OF_THE_P12.contains(&name);
        let of_the_route = |name: &str| !OF_THE_P12.contains(&name) && !OF_THE_REQUEST.contains(&name);
        Ok(Test { host, route: digest(fields, of_the_route), p12: digest(fields, of_the_p12), args })
    }

    /// The fields as a command line. Names are looked up first: no message may quote the value of a mistyped one.
    fn arguments(&self, fields: &Fields) -> Result<Vec<String>, String> {
        let mut arguments = Vec::new();
        for (name, value) in fields {
            if matches!(name.as_str(), "p12" | "url") {
                continue;
            }
            let known = self.command.get_arguments().find(|argument| argument.get_long() == Some(name));
            let Some(known) = known.filter(|_| !NOT_FOR_RECORDS.contains(&name.as_str())) else {
                return Err(format!("there is no field {name:?} in records"));
            };
            let switch = matches!(known.get_action(), ArgAction::SetTrue);
            let values = match value {
                Value::Array(values) => values.as_slice(),
                one => std::slice::from_ref(one),
            };
            for value in values {
                arguments.extend(argument(name, switch, value)?);
            }
        }
        arguments.push("--".into());
        for name in ["p12", "url"] {
            match fields.get(name) {
                Some(Value::String(value)) => arguments.push(value.clone()),
                _ => return Err(format!("it has no {name}")),
            }
        }
        Ok(arguments)
    }
}

fn argument(name: &str, switch: bool, value: &Value) -> Result<Option<String>, String> {
    match (switch, value) {
        (_, Value::Null) | (true, Value::Bool(false)) => Ok(None),
        (true, Value::String(text)) if text == "false" => Ok(None),
        (true, Value::Bool(true)) => Ok(Some(format!("--{name}"))),
        (true, Value::String(text)) if text == "true" => Ok(Some(format!("--{name}"))),
        (true, _) => Err(format!("its {name} is neither true nor false")),
        (false, Value::String(text)) => Ok(Some(format!("--{name}={text}"))),
        (false, Value::Number(number)) => Ok(Some(format!("--{name}={number}"))),
        (false, _) => Err(format!("its {name} is neither a text nor a number")),
    }
}

/// Names as the command line has them: `password_file` and `password-file` are one, and so are aliases.
fn spelled(fields: Fields) -> Fields {
    let spelled = |(name, value): (String, Value)| {
        let name = name.replace('_', "-");
        let name = match name.as_str() {
            "request" => "method".into(),
            "data" => "body".into(),
            "headers" => "header".into(),
            _ => name,
        };
        (name, value)
    };
    fields.into_iter().map(spelled).collect()
}

/// The defaults, and over them what the record says.
fn merged(defaults: &Fields, fields: Fields) -> Fields {
    let replaced = |name: &str| {
        let family = FAMILIES.iter().find(|family| family.contains(&name));
        family.is_some_and(|family| family.iter().any(|relative| fields.contains_key(*relative)))
    };
    let kept = defaults.iter().filter(|(name, _)| !replaced(name));
    let mut all: Fields = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    all.extend(fields);
    all
}

/// clap's first line: what is wrong with which option.
fn told(error: clap::Error) -> String {
    let text = without_secrets(error).to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// Fields come in the order of their names, so equal ones give equal digests.
fn digest(fields: &Fields, chosen: impl Fn(&str) -> bool) -> Digest {
    let mut sha256 = Sha256::new();
    for (name, value) in fields.iter().filter(|(name, _)| chosen(name)) {
        sha256.update(format!("{name:?}=").as_bytes());
        // A hash takes whatever comes, and a value is JSON already.
        let _ = serde_json::to_writer(Fed(&mut sha256), value);
        sha256.update(b"\n");
    }
    sha256.finish()
}

/// A hash that is written to, so that no copy of what it takes is made.
struct Fed<'a>(&'a mut Sha256);

impl io::Write for Fed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Fields whose values are wiped when they are done with.
struct Wiped(Fields);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        _ => {}
    }
}
