//! A record → a test: its fields are the command line's options, judged by the same parser.

use std::io;
use std::sync::Arc;

use clap::{Arg, ArgAction, Command, CommandFactory as _, FromArgMatches as _, Parser};
use openssl::sha::Sha256;
use serde_json::Value;
use zeroize::Zeroize as _;

use super::manifest::{Digest, Entry, Fields, unusable};
use super::outputs::Outputs;
use crate::cli::{TestArgs, without_secrets};
use crate::error::{Error, Kind, Result as Outcome};
use crate::request::url::ForwardUrl;

/// One test of a batch.
pub struct Record {
    /// What its result is known by, if it says so.
    pub id: Option<String>,
    /// The same in records that are alike.
    pub content: Digest,
    /// Where the manifest has it, from 1.
    pub line: u64,
    /// Bytes of the manifest up to its end.
    pub read: u64,
    /// Whether it is made of options and values at all.
    pub readable: bool,
    /// The test, or why there is none.
    pub test: Outcome<Arc<Test>>,
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

/// Reads records; keeps what `defaults` said.
pub struct Records {
    command: Command,
    defaults: Fields,
    outputs: Outputs,
}

/// A longer id is no name, in bytes.
const MAX_ID: usize = 1024;

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

/// Options whose very values are secrets, or may hold one.
const LITERAL: &[&str] = &["password", "authorization", "bearer", "body", "header", "proxy"];

/// Options of which one takes the place of another.
const FAMILIES: &[&[&str]] = &[
    &["password", "password-file", "password-env", "no-password"],
    &["authorization", "authorization-file", "authorization-env"],
    &["bearer", "bearer-file", "bearer-env", "oauth1", "oauth1-file", "oauth1-env"],
    &["proxy-user-file", "proxy-user-env"],
    &["ipv4", "ipv6"],
    &["compare", "no-precheck"],
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
    pub fn new(defaults: Fields) -> Outcome<Self> {
        let defaults = spelled(defaults).map_err(|what| unusable(&format!("in the defaults, {what}")))?;
        Ok(Self { command: Line::command(), defaults, outputs: Outputs::new() })
    }

    /// The record of an entry; `None` when it was `{"defaults": …}`, which is for all that follow.
    pub fn take(&mut self, entry: Entry) -> Option<Record> {
        let Entry { line, fields, read } = entry;
        let readable = fields.is_ok();
        let (content, (id, test)) = match fields {
            Ok(fields) => (self.content(&fields), self.named(fields)?),
            Err(unread) => (unread.content, (None, Err(unread.what))),
        };
        let test = test
            .map(Arc::new)
            .map_err(|what| Error::new(Kind::RecordInvalid, format!("the record in line {line}: {what}")));
        Some(Record { id, content, line, read, readable, test })
    }

    /// Its id and its test; `None` of defaults.
    fn named(&mut self, mut fields: Fields) -> Option<(Option<String>, Result<Test, String>)> {
        if let (1, Some(Value::Object(_))) = (fields.len(), fields.get("defaults")) {
            let Some(Value::Object(defaults)) = fields.remove("defaults") else { return None };
            return match spelled(defaults) {
                Ok(defaults) => {
                    self.defaults = self.merged(defaults);
                    None
                }
                Err(what) => Some((None, Err(what))),
            };
        }
        let id = match fields.remove("id") {
            Some(Value::String(id)) if id.len() > MAX_ID || id.contains(['\r', '\n']) => {
                Err("its id is no name: it has several lines, or is too long")
            }
            Some(Value::String(id)) if !id.is_empty() => Ok(id),
            // Others were rounded when they were read, and two of them may be one then.
            Some(Value::Number(id)) if id.is_i64() || id.is_u64() => Ok(id.to_string()),
            Some(Value::Number(_)) => Err("its id is neither a text nor a whole number of up to 64 bits"),
            None => Err("it has no id"),
            Some(_) => Err("its id is neither a text nor a number"),
        };
        Some(match id {
            Ok(id) => (Some(id), spelled(fields).and_then(|fields| self.test(&Wiped(self.merged(fields)).0))),
            Err(what) => (None, Err(what.into())),
        })
    }

    /// Of its fields, and of the values that are no secrets: it stands in results.
    fn content(&self, fields: &Fields) -> Digest {
        let open = |name: &str| self.option(name).is_some() && !LITERAL.contains(&name);
        let mut content = Sha256::new();
        for (name, value) in fields {
            let name = canonical(name);
            let shown = matches!(name.as_str(), "id" | "p12" | "url") || open(&name);
            let value = if shown { value.to_string() } else { String::new() };
            content.update(format!("{name:?}={value}\n").as_bytes());
        }
        content.finish()
    }

    fn option(&self, name: &str) -> Option<&Arg> {
        self.command.get_arguments().find(|argument| argument.get_long() == Some(name))
    }

    fn is_switch(&self, name: &str) -> bool {
        self.option(name).is_some_and(|option| matches!(option.get_action(), ArgAction::SetTrue))
    }

    fn test(&mut self, fields: &Fields) -> Result<Test, String> {
        let arguments = self.arguments(fields)?;
        let matches = self.command.try_get_matches_from_mut(arguments).map_err(told)?;
        let args = Line::from_arg_matches(&matches).map_err(told)?.test;
        if args.reads_stdin() {
            return Err("a body from standard input is not for records".into());
        }
        let host = match args.platform.account() {
            Some(account) => format!("the platform, account {}", account.as_str()),
            None => ForwardUrl::parse(args.url().map_err(|error| error.message)?)
                .map_err(|error| error.message)?
                .target(),
        };
        args.outputs_apart().map_err(|error| error.message)?;
        args.output.output.as_deref().map_or(Ok(()), |output| self.outputs.give(output))?;
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
            if self.option(name).is_none() || NOT_FOR_RECORDS.contains(&name.as_str()) {
                return Err(format!("there is no field {name:?} in records"));
            }
            let switch = self.is_switch(name);
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
    /// The defaults, and over them what the record says. A password that is null, or `no_password` that is false, takes
    /// no other's place.
    fn merged(&self, mut fields: Fields) -> Fields {
        let family = |name: &str| FAMILIES.iter().find(|family| family.contains(&name));
        fields.retain(|name, value| !value.is_null() || family(name).is_none());
        let off = |name: &str, value: &Value| self.is_switch(name) && (value == false || value == "false");
        let said = |name: &&str| fields.get(*name).is_some_and(|value| !off(name, value));
        let replaced = |name: &str| family(name).is_some_and(|family| family.iter().any(&said));
        let kept = self.defaults.iter().filter(|(name, _)| !replaced(name));
        let mut all: Fields = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        all.extend(fields);
        all
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

/// Names as the command line has them. Two names of one option would hide a value.
fn spelled(fields: Fields) -> Result<Fields, String> {
    let mut spelled = Fields::new();
    for (name, value) in fields {
        let canonical = canonical(&name);
        if spelled.insert(canonical.clone(), value).is_some() {
            return Err(format!("{name:?} and another name of {canonical:?} are both there"));
        }
    }
    Ok(spelled)
}

/// `password_file` and `password-file` are one, and so are aliases.
fn canonical(name: &str) -> String {
    let name = name.replace('_', "-");
    match name.as_str() {
        "request" => "method".into(),
        "data" => "body".into(),
        "headers" => "header".into(),
        _ => name,
    }
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
