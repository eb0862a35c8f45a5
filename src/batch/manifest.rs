//! The manifest: records out of NDJSON, CSV or TOML, one after another. A record that cannot be read is a record
//! still, with what is wrong.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::diagnosis;
use crate::error::{Error, Kind, Result};

/// Names of options and their values.
pub type Fields = Map<String, Value>;

/// A record as the manifest has it.
pub struct Entry {
    /// The line that it begins in, from 1.
    pub line: u64,
    /// What it says, or why that cannot be read.
    pub fields: std::result::Result<Fields, String>,
    /// Bytes of the manifest up to its end.
    pub read: u64,
}

/// Where records come from.
pub struct Manifest {
    path: Option<PathBuf>,
}

/// A record is a few hundred bytes; a longer line is some other file.
const MAX_LINE: u64 = 1 << 20;

/// TOML can only be read whole, so it is for what people write by hand.
const MAX_TOML: u64 = 64 << 20;

impl Manifest {
    /// A file, or standard input without one or for `-`.
    pub fn new(path: Option<&Path>) -> Self {
        Self { path: path.filter(|path| *path != Path::new("-")).map(Path::to_owned) }
    }

    /// What it is called in messages.
    pub fn name(&self) -> String {
        self.path.as_ref().map_or_else(|| "standard input".into(), |path| path.display().to_string())
    }

    /// Its size in bytes, where that is known.
    pub fn size(&self) -> Option<u64> {
        let metadata = self.path.as_ref()?.metadata().ok()?;
        metadata.is_file().then_some(metadata.len())
    }

    /// Hands one record after another to `take`, until that says no more. An error ends the manifest.
    pub fn read(&self, take: impl FnMut(Entry) -> bool) -> Result<()> {
        let unreadable = |error: io::Error| match &self.path {
            Some(path) => unusable(&diagnosis::unreadable(path, &error).message),
            None => unusable(&format!("cannot read standard input: {}", diagnosis::in_words(&error))),
        };
        let Some(path) = &self.path else {
            return lines(BufReader::new(io::stdin()), take).map_err(unreadable);
        };
        let file = File::open(path).map_err(unreadable)?;
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => rows(file, take).map_err(|what| self.malformed(&what)),
            Some("toml") => tables(file, take).map_err(|what| self.malformed(&what)),
            _ => lines(BufReader::with_capacity(1 << 16, file), take).map_err(unreadable),
        }
    }

    fn malformed(&self, what: &str) -> Error {
        unusable(&format!("cannot read {}: {what}", self.name()))
    }
}

/// Options for every record, from a file of one JSON object or a TOML table.
pub fn defaults(path: &Path) -> Result<Fields> {
    let wrong = |what: &str| unusable(&format!("cannot read {}: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| diagnosis::unreadable(path, &error))?;
    let text = Zeroizing::new(text);
    if path.extension().is_some_and(|extension| extension == "toml") {
        let table: toml::Table = toml::from_str(&text).map_err(|error| wrong(error.message()))?;
        return json(table).map_err(|what| wrong(&what));
    }
    object(text.as_bytes()).map_err(|what| wrong(&what))
}

fn unusable(message: &str) -> Error {
    Error::new(Kind::ManifestUnusable, message)
}

/// NDJSON: a JSON object a line; empty lines are skipped.
fn lines(mut from: impl BufRead, mut take: impl FnMut(Entry) -> bool) -> io::Result<()> {
    let (mut number, mut read) = (0, 0);
    loop {
        let mut line = Zeroizing::new(Vec::new());
        let mut length = from.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
        if length == 0 {
            return Ok(());
        }
        number += 1;
        let whole = line.ends_with(b"\n") || (length as u64) < MAX_LINE;
        if !whole {
            length += skip_line(&mut from)?;
        }
        read += length as u64;
        let text = line.trim_ascii();
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        if text.is_empty() {
            continue;
        }
        let fields =
            if whole { object(text) } else { Err(format!("the line is longer than {MAX_LINE} bytes")) };
        if !take(Entry { line: number, fields, read }) {
            return Ok(());
        }
    }
}

fn skip_line(from: &mut impl BufRead) -> io::Result<usize> {
    let mut skipped = 0;
    loop {
        let buffer = from.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(buffer.len(), |end| end + 1);
        from.consume(length);
        skipped += length;
        if end.is_some() || length == 0 {
            return Ok(skipped);
        }
    }
}

/// serde_json's messages on syntax name a place and quote nothing.
fn object(text: &[u8]) -> std::result::Result<Fields, String> {
    match serde_json::from_slice(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Array(_)) => Err("it is a JSON array; a record is one JSON object in a line".into()),
        Ok(_) => Err("it is no JSON object".into()),
        Err(error) => {
            let text = error.to_string();
            let what = text.split(" at line ").next().unwrap_or_default();
            Err(format!("it is not JSON: {what} at column {}", error.column()))
        }
    }
}

/// CSV with the names of the options in its first row (RFC 4180). An empty field says nothing; a column may come
/// more than once.
fn rows(file: File, mut take: impl FnMut(Entry) -> bool) -> std::result::Result<(), String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    let names = reader.headers().map_err(|error| wrong_row(&error))?.clone();
    let mut row = csv::StringRecord::new();
    loop {
        let (outcome, line) = (reader.read_record(&mut row), reader.position().line());
        let fields = match outcome {
            Ok(false) => return Ok(()),
            Ok(true) if row.len() > names.len() => Err("it has more fields than the first row".into()),
            Ok(true) => Ok(named(&names, &row)),
            Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => Err(wrong_row(&error)),
            Err(error) => return Err(wrong_row(&error)),
        };
        let line = row.position().map_or(line, csv::Position::line);
        if !take(Entry { line, fields, read: reader.position().byte() }) {
            return Ok(());
        }
    }
}

fn wrong_row(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => diagnosis::in_words(error),
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".into(),
        _ => "it is not CSV".into(),
    }
}

fn named(names: &csv::StringRecord, row: &csv::StringRecord) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in names.iter().zip(row).filter(|(_, value)| !value.is_empty()) {
        let value = Value::String(value.to_owned());
        match fields.get_mut(name.trim()) {
            Some(Value::Array(several)) => several.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
            None => drop(fields.insert(name.trim().to_owned(), value)),
        }
    }
    fields
}

/// TOML: `[defaults]`, and a `[[test]]` a record.
fn tables(file: File, mut take: impl FnMut(Entry) -> bool) -> std::result::Result<(), String> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Whole {
        defaults: Option<toml::Table>,
        #[serde(default)]
        test: Vec<toml::Spanned<toml::Table>>,
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_TOML).read_to_string(&mut text).map_err(|error| diagnosis::in_words(&error))?;
    let whole: Whole = toml::from_str(&text).map_err(|error| error.message().to_owned())?;
    if let Some(defaults) = whole.defaults {
        let defaults = Value::Object(json(defaults)?);
        take(Entry { line: 1, fields: Ok(Fields::from_iter([("defaults".to_owned(), defaults)])), read: 0 });
    }
    for table in whole.test {
        let before = text.as_bytes().iter().take(table.span().start);
        let line = 1 + before.filter(|byte| **byte == b'\n').count() as u64;
        let read = table.span().end as u64;
        if !take(Entry { line, fields: json(table.into_inner()), read }) {
            break;
        }
    }
    Ok(())
}

fn json(table: toml::Table) -> std::result::Result<Fields, String> {
    match serde_json::to_value(table) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err("it is no table".into()),
    }
}
