//! The manifest: reads records from NDJSON, CSV or TOML, one after another. A record that cannot be read is handed on
//! too, with what is wrong.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use openssl::sha::Sha256;
use serde_json::Value;
use zeroize::Zeroizing;

use super::fields::{Fields, MAX_LINE, RawRecord, UTF_16, Unreadable, is_utf16};
use super::sheet;
use crate::diagnosis;
use crate::error::{Error, Kind, Result};

pub struct Manifest {
    path: Option<PathBuf>,
}

/// TOML can only be read as a whole, so it is for what people write by hand.
const MAX_TOML: u64 = 64 << 20;

impl Manifest {
    /// A file; standard input for `-` or without a path.
    pub fn new(path: Option<&Path>) -> Self {
        Self { path: path.filter(|path| *path != Path::new("-")).map(Path::to_owned) }
    }

    /// Its size in bytes, if known.
    pub fn size(&self) -> Option<u64> {
        let metadata = self.path.as_ref()?.metadata().ok()?;
        metadata.is_file().then_some(metadata.len())
    }

    /// Hands one record after another to `take`, until that returns false.
    ///
    /// # Errors
    /// When the manifest cannot be read further.
    pub fn read(&self, take: impl FnMut(RawRecord) -> bool) -> Result<()> {
        let unreadable = |error: io::Error| match &self.path {
            Some(path) => unusable(&diagnosis::unreadable(path, &error).message),
            None => unusable(&format!("cannot read standard input: {}", diagnosis::in_words(&error))),
        };
        let Some(path) = &self.path else {
            return read_ndjson(BufReader::new(io::stdin()), take).map_err(unreadable);
        };
        let file = File::open(path).map_err(unreadable)?;
        let read = match path.extension() {
            Some(csv) if csv.eq_ignore_ascii_case("csv") => sheet::read(file, take),
            Some(toml) if toml.eq_ignore_ascii_case("toml") => read_toml(file, take),
            _ => return read_ndjson(BufReader::with_capacity(1 << 16, file), take).map_err(unreadable),
        };
        read.map_err(|why| malformed(path, &why))
    }
}

/// Reads options for every record from a file: one JSON object, or TOML.
///
/// # Errors
/// When the file cannot be read.
pub fn read_defaults(path: &Path) -> Result<Fields> {
    let text =
        std::fs::read_to_string(path).map_err(|error| malformed(path, &diagnosis::in_words(&error)))?;
    let text = Zeroizing::new(text);
    let fields = match path.extension() {
        Some(toml) if toml.eq_ignore_ascii_case("toml") => {
            toml::from_str(&text).map_err(|error| describe_toml(&text, &error)).and_then(to_fields)
        }
        _ => parse_object(text.as_bytes()),
    };
    fields.map_err(|why| malformed(path, &why))
}

pub(super) fn unusable(message: &str) -> Error {
    Error::new(Kind::ManifestUnusable, message)
}

fn malformed(path: &Path, why: &str) -> Error {
    unusable(&format!("cannot read {}: {why}", path.display()))
}

/// NDJSON: one JSON object per line; empty lines are skipped.
fn read_ndjson(mut from: impl BufRead, mut take: impl FnMut(RawRecord) -> bool) -> io::Result<()> {
    let (mut number, mut read) = (0, 0);
    if is_utf16(from.fill_buf()?) {
        return Err(io::Error::other(UTF_16));
    }
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
            true => parse_object(text).inspect_err(|_| content.update(text)),
            false => Err(format!("the line is longer than {MAX_LINE} bytes")),
        };
        let fields = fields.map_err(|why| Unreadable { why, content: content.finish() });
        if !take(RawRecord { line: number, fields, read }) {
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

/// serde_json's messages on syntax name a position and quote nothing.
fn parse_object(text: &[u8]) -> std::result::Result<Fields, String> {
    match serde_json::from_slice(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Array(_)) => {
            Err("it is a JSON array; each record must be one JSON object on one line".into())
        }
        Ok(_) => Err("it is not a JSON object".into()),
        Err(error) => {
            let text = error.to_string();
            let why = text.split(" at line ").next().unwrap_or_default();
            Err(format!("it is not JSON: {why} at column {}", error.column()))
        }
    }
}

/// TOML: `[defaults]`, and one `[[test]]` per record.
fn read_toml(file: File, mut take: impl FnMut(RawRecord) -> bool) -> std::result::Result<(), String> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Document {
        defaults: Option<toml::Table>,
        #[serde(default)]
        test: Vec<toml::Spanned<toml::Table>>,
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(MAX_TOML + 1).read_to_end(&mut bytes).map_err(|error| diagnosis::in_words(&error))?;
    if bytes.len() as u64 > MAX_TOML {
        return Err(format!("it is larger than {} MiB; NDJSON may be of any size", MAX_TOML >> 20));
    }
    let text =
        std::str::from_utf8(&bytes).map_err(|_| if is_utf16(&bytes) { UTF_16 } else { "it is not UTF-8" })?;
    let document: Document = toml::from_str(text).map_err(|error| describe_toml(text, &error))?;
    if let Some(defaults) = document.defaults {
        let defaults = Value::Object(to_fields(defaults)?);
        let fields = Fields::from_iter([("defaults".to_owned(), defaults)]);
        take(RawRecord { line: 1, fields: Ok(fields), read: 0 });
    }
    let (mut line, mut counted) = (1, 0);
    for table in document.test {
        let (start, end) = (table.span().start, table.span().end);
        line += count_newlines(bytes.get(counted..start).unwrap_or_default());
        counted = start;
        if !take(RawRecord { line, fields: Ok(to_fields(table.into_inner())?), read: end as u64 }) {
            break;
        }
    }
    Ok(())
}

fn count_newlines(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Names only the line: toml's messages quote values, and those may be secrets.
fn describe_toml(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let line = 1 + count_newlines(text.as_bytes().get(..start).unwrap_or_default());
    format!("line {line} is not valid TOML, or not what is expected there")
}

fn to_fields(table: toml::Table) -> std::result::Result<Fields, String> {
    match serde_json::to_value(table) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err("it is not a table".into()),
    }
}
