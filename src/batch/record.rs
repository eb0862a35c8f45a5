//! Turns a record into a test: its fields are options of the command line, and the same parser checks them.

use std::sync::Arc;

use clap::{Arg, ArgAction, Command, CommandFactory as _, FromArgMatches as _, Parser};
use openssl::sha::Sha256;
use serde_json::Value;

use super::fields::{Fields, Hash, RawRecord, WipedFields, canonical, hash, normalize};
use super::manifest::unusable;
use super::outputs::OutputFiles;
use crate::cli::{TestArgs, summarize};
use crate::error::{self, Error, Kind};
use crate::inputs::conflicts;
use crate::request::url::ForwardUrl;

pub struct Record {
    pub id: Option<String>,
    /// The hash of its content, without secrets.
    pub content: Hash,
    /// The line of the manifest that it starts in, from 1.
    pub line: u64,
    /// The position of its end in the manifest, in bytes.
    pub read: u64,
    /// Whether it consists of options and values at all.
    pub readable: bool,
    /// The test, or why there is none.
    pub test: error::Result<Arc<Test>>,
}

/// A test, and what it can share with others.
pub struct Test {
    /// Its options, as if from a command line.
    pub args: TestArgs,
    /// `host:port` of its URL, or the platform.
    pub host: String,
    /// Key of its route in the cache.
    pub route_key: Hash,
    /// Key of its P12, with the password, in the cache.
    pub p12_key: Hash,
}

/// Turns one record after another into tests; keeps the defaults that apply to the next.
pub struct Records {
    command: Command,
    defaults: Fields,
    outputs: OutputFiles,
}

/// Longest id, in bytes.
const MAX_ID: usize = 1024;

/// A test without the other commands.
#[derive(Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct RecordArgs {
    #[command(flatten)]
    test: TestArgs,
}

/// Options that are not fields: they are about the answer of a single run, or about standard input.
const COMMAND_LINE_ONLY: &[&str] = &[
    "help",
    "version",
    "json",
    "report",
    "report-format",
    "include",
    "quiet",
    "verbose",
    "color",
    "password-stdin",
    "curl",
];

/// Options whose values are secrets, or may contain one.
const SECRETS: &[&str] = &["password", "authorization", "bearer", "body", "header", "proxy"];

/// Groups of options of which one replaces another.
const ALTERNATIVES: &[&[&str]] = &[
    &["password", "password-file", "password-env", "no-password"],
    &["key-password-file", "key-password-env"],
    &["authorization", "authorization-file", "authorization-env"],
    &["bearer", "bearer-file", "bearer-env", "oauth1", "oauth1-file", "oauth1-env"],
    &["proxy-user-file", "proxy-user-env"],
    &["ipv4", "ipv6"],
    &["compare", "no-precheck"],
    &["compare", "each-address"],
    &["compare", "repeat"],
];

/// Options that a P12 and its password depend on.
const P12_OPTIONS: &[&str] = &[
    "p12",
    "password",
    "password-file",
    "password-env",
    "no-password",
    "key",
    "key-password-file",
    "key-password-env",
    "alias",
    "no-precheck",
];

/// Options of the request alone. The route depends on all others.
const REQUEST_OPTIONS: &[&str] = &[
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
    "each-address",
    "repeat",
];

impl Records {
    /// With these defaults.
    ///
    /// # Errors
    /// When they contain an option twice.
    pub fn new(defaults: Fields) -> error::Result<Self> {
        let defaults = normalize(defaults).map_err(|why| unusable(&format!("in the defaults, {why}")))?;
        Ok(Self { command: RecordArgs::command(), defaults, outputs: OutputFiles::default() })
    }

    /// Turns a record into a test; `None` for `{"defaults": …}`, which applies to all records after it.
    pub fn convert(&mut self, raw: RawRecord) -> Option<Record> {
        let RawRecord { line, fields, read } = raw;
        let readable = fields.is_ok();
        let (content, (id, test)) = match fields {
            Ok(fields) => (self.hash_content(&fields), self.parse(fields)?),
            Err(unreadable) => (unreadable.content, (None, Err(unreadable.why))),
        };
        let test = test
            .map(Arc::new)
            .map_err(|why| Error::new(Kind::RecordInvalid, format!("the record in line {line}: {why}")));
        Some(Record { id, content, line, read, readable, test })
    }

    /// The id and the test; `None` for defaults.
    fn parse(&mut self, mut fields: Fields) -> Option<(Option<String>, Result<Test, String>)> {
        if let (1, Some(Value::Object(defaults))) = (fields.len(), fields.get_mut("defaults")) {
            return match normalize(std::mem::take(defaults)) {
                Ok(defaults) => {
                    self.defaults = self.add_defaults(defaults);
                    None
                }
                Err(why) => Some((None, Err(why))),
            };
        }
        let id = match fields.remove("id") {
            Some(Value::String(id)) if id.len() > MAX_ID || id.contains(['\r', '\n']) => {
                Err("its id has more than one line, or is longer than 1024 bytes")
            }
            Some(Value::String(id)) if !id.is_empty() => Ok(id),
            // Other numbers are rounded, so that two ids could become one.
            Some(Value::Number(id)) if id.is_i64() || id.is_u64() => Ok(id.to_string()),
            Some(Value::Number(_)) => Err("its id is not a string, nor an integer of up to 64 bits"),
            None => Err("it has no id"),
            Some(_) => Err("its id is not a string, nor an integer"),
        };
        Some(match id {
            Ok(id) => (
                Some(id),
                normalize(fields).and_then(|fields| self.test(&WipedFields(self.add_defaults(fields)).0)),
            ),
            Err(why) => (None, Err(why.into())),
        })
    }

    /// Leaves secret values out, as results show the hash.
    fn hash_content(&self, fields: &Fields) -> Hash {
        let is_open = |name: &str| self.find_option(name).is_some() && !SECRETS.contains(&name);
        let mut content = Sha256::new();
        for (name, value) in fields {
            let name = canonical(name);
            let is_open = matches!(name.as_str(), "id" | "p12" | "url") || is_open(&name);
            let value = if is_open { value.to_string() } else { String::new() };
            content.update(format!("{name:?}={value}\n").as_bytes());
        }
        content.finish()
    }

    fn find_option(&self, name: &str) -> Option<&Arg> {
        self.command.get_arguments().find(|argument| argument.get_long() == Some(name))
    }

    fn is_switch(&self, name: &str) -> bool {
        self.find_option(name).is_some_and(|option| matches!(option.get_action(), ArgAction::SetTrue))
    }

    fn test(&mut self, fields: &Fields) -> Result<Test, String> {
        let arguments = self.arguments(fields)?;
        let matches = self.command.try_get_matches_from_mut(arguments).map_err(summarize)?;
        let args = RecordArgs::from_arg_matches(&matches).map_err(summarize)?.test;
        if args.reads_stdin() {
            return Err("a record cannot take its P12 or body from standard input".into());
        }
        let host = match &args.platform.account {
            Some(account) => format!("the platform, account {}", account.as_str()),
            None => {
                let url = args.target().and_then(|target| ForwardUrl::parse(&target.url));
                url.map_err(|error| error.message)?.target()
            }
        };
        conflicts::check_outputs(&args).map_err(|error| error.message)?;
        args.output.output.as_deref().map_or(Ok(()), |output| self.outputs.take(output))?;
        let p12 = |name: &str| P12_OPTIONS.contains(&name);
        let route = |name: &str| !p12(name) && !REQUEST_OPTIONS.contains(&name);
        Ok(Test { host, route_key: hash(fields, route), p12_key: hash(fields, p12), args })
    }

    /// The fields as a command line. Unknown names are refused here, as clap would quote the values too.
    fn arguments(&self, fields: &Fields) -> Result<Vec<String>, String> {
        let mut arguments = Vec::new();
        for (name, value) in fields {
            if matches!(name.as_str(), "p12" | "url") {
                continue;
            }
            if self.find_option(name).is_none() || COMMAND_LINE_ONLY.contains(&name.as_str()) {
                return Err(format!("a record has no field {name:?}"));
            }
            let switch = self.is_switch(name);
            let values = match value {
                Value::Array(values) => values.as_slice(),
                one => std::slice::from_ref(one),
            };
            for value in values {
                arguments.extend(to_argument(name, switch, value)?);
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

    /// Adds the defaults that the record does not replace. A password that is null, or `no_password` that is false,
    /// replaces none.
    fn add_defaults(&self, mut fields: Fields) -> Fields {
        let alternatives = |name: &str| {
            let groups = ALTERNATIVES.iter().filter(|group| group.contains(&name));
            groups.copied().flatten().copied().collect::<Vec<_>>()
        };
        fields.retain(|name, value| !value.is_null() || alternatives(name).is_empty());
        let off = |name: &str, value: &Value| self.is_switch(name) && (value == false || value == "false");
        let is_set = |name: &&str| fields.get(*name).is_some_and(|value| !off(name, value));
        let replaced = |name: &str| alternatives(name).iter().any(&is_set);
        let kept = self.defaults.iter().filter(|(name, _)| !replaced(name));
        let mut all: Fields = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        all.extend(fields);
        all
    }
}

fn to_argument(name: &str, switch: bool, value: &Value) -> Result<Option<String>, String> {
    match (switch, value) {
        (_, Value::Null) => Ok(None),
        (true, value) if value == false || value == "false" => Ok(None),
        (true, value) if value == true || value == "true" => Ok(Some(format!("--{name}"))),
        (true, _) => Err(format!("its {name} is not true or false")),
        (false, Value::String(text)) => Ok(Some(format!("--{name}={text}"))),
        (false, Value::Number(number)) => Ok(Some(format!("--{name}={number}"))),
        (false, _) => Err(format!("its {name} is not a string or a number")),
    }
}
