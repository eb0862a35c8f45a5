//! The manifest: records out of NDJSON, CSV or TOML, one after another. A record that cannot be read is a record
//! still, with what is wrong.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use openssl::sha::Sha256;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::diagnosis;
use crate::error::{Error, Kind, Result};

/// Names of options and their values.
pub type Fields = Map<String, Value>;

/// Stands for some content.
pub type Digest = [u8; 32];

/// A record as the manifest has it.
pub struct Entry {
    /// The line that it begins in, from 1.
    pub line: u64,
    /// What it says, or why that cannot be read.
    pub fields: std::result::Result<Fields, Unread>,
    /// Bytes of the manifest up to its end.
    pub read: u64,
}

/// A record that cannot be read.
#[derive(Debug)]
pub struct Unread {
    /// Why, in words.
    pub what: String,
    /// Of all that it holds.
    pub content: Digest,
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
        match path.extension() {
            Some(csv) if csv.eq_ignore_ascii_case("csv") => {
                rows(file, take).map_err(|what| self.malformed(&what))
            }
            Some(toml) if toml.eq_ignore_ascii_case("toml") => {
                tables(file, take).map_err(|what| self.malformed(&what))
            }
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
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&diagnosis::in_words(&error)))?;
    let text = Zeroizing::new(text);
    let fields = match path.extension() {
        Some(toml) if toml.eq_ignore_ascii_case("toml") => {
            toml::from_str(&text).map_err(|error| ill_formed(&text, &error)).and_then(json)
        }
        _ => object(text.as_bytes()),
    };
    fields.map_err(|what| wrong(&what))
}

pub(super) fn unusable(message: &str) -> Error {
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
        let mut content = Sha256::new();
        if !whole {
            content.update(&line);
            length += skip_line(&mut from, &mut content)?;
        }
        read += length as u64;
        let text = line.trim_ascii();
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        if text.is_empty() {
            continue;
        }
        let fields = match whole {
            true => object(text).inspect_err(|_| content.update(text)),
            false => Err(format!("the line is longer than {MAX_LINE} bytes")),
        };
        let fields = fields.map_err(|what| Unread { what, content: content.finish() });
        if !take(Entry { line: number, fields, read }) {
            return Ok(());
        }
    }
}

fn skip_line(from: &mut impl BufRead, content: &mut Sha256) -> io::Result<usize> {
    let mut skipped = 0;
    loop {
        let buffer = from.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(buffer.len(), |end| end + 1);
        content.update(buffer.get(..length).unwrap_or_default());
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
    let left = Cell::new(MAX_LINE);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(Bounded { file, left: &left });
    let names = reader.headers().map_err(|error| wrong_row(&error))?.clone();
    let mut row = csv::ByteRecord::new();
    while reader.read_byte_record(&mut row).map_err(|error| wrong_row(&error))? {
        let line = row.position().map_or_else(|| reader.position().line(), csv::Position::line);
        let fields = match csv::StringRecord::from_byte_record(row.clone()) {
            Ok(row) if row.len() > names.len() => Err("it has more fields than the first row"),
            // Where a quote is not closed, what follows is one field: it may hold secrets of other records.
            Ok(row) if row.len() < names.len() => Err("it has fewer fields than the first row"),
            Ok(row) => Ok(named(&names, &row)),
            Err(_) => Err("it is not UTF-8"),
        };
        let fields = fields.map_err(|what| Unread { what: what.into(), content: content(&row) });
        if !take(Entry { line, fields, read: reader.position().byte() }) {
            break;
        }
        left.set(MAX_LINE);
    }
    Ok(())
}

/// A file of which no record may take more bytes than are left: a quote that is not closed would go on to its end.
struct Bounded<'a> {
    file: File,
    left: &'a Cell<u64>,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        let left = self.left.get().checked_sub(read as u64);
        self.left
            .set(left.ok_or_else(|| io::Error::other("a row is longer than 1 MiB; is a quote not closed?"))?);
        Ok(read)
    }
}

fn wrong_row(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => diagnosis::in_words(error),
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".into(),
        _ => "it is not CSV".into(),
    }
}

fn content(row: &csv::ByteRecord) -> Digest {
    let mut content = Sha256::new();
    for field in row {
        content.update(&field.len().to_be_bytes());
        content.update(field);
    }
    content.finish()
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
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(MAX_TOML + 1).read_to_end(&mut bytes).map_err(|error| diagnosis::in_words(&error))?;
    if bytes.len() as u64 > MAX_TOML {
        return Err(format!("it is larger than {} MiB; NDJSON may be of any size", MAX_TOML >> 20));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| "it is not UTF-8")?;
    let whole: Whole = toml::from_str(text).map_err(|error| ill_formed(text, &error))?;
    if let Some(defaults) = whole.defaults {
        let defaults = Value::Object(json(defaults)?);
        take(Entry { line: 1, fields: Ok(Fields::from_iter([("defaults".to_owned(), defaults)])), read: 0 });
    }
    let (mut line, mut counted) = (1, 0);
    for table in whole.test {
        let (start, end) = (table.span().start, table.span().end);
        line += line_ends(bytes.get(counted..start).unwrap_or_default());
        counted = start;
        if !take(Entry { line, fields: Ok(json(table.into_inner())?), read: end as u64 }) {
            break;
        }
    }
    Ok(())
}

fn line_ends(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// By the line alone: toml's messages quote values, and those may be secrets.
fn ill_formed(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    format!("line {} is not of the form", 1 + line_ends(text.as_bytes().get(..start).unwrap_or_default()))
}

fn json(table: toml::Table) -> std::result::Result<Fields, String> {
    match serde_json::to_value(table) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err("it is no table".into()),
    }
}
