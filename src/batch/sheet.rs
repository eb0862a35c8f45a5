//! A manifest in CSV, also as spreadsheets write it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::rc::Rc;

use openssl::sha::Sha256;
use serde_json::Value;

use super::fields::{Fields, Hash, MAX_LINE, RawRecord, UTF_16, Unreadable, is_utf16};
use crate::diagnosis;

/// CSV with the names of the options in its first row (RFC 4180), in any case, with commas, semicolons or tabs between the
/// fields. An empty field is an absent option; a column may be repeated; a row of empty fields is none.
pub(super) fn read(file: File, mut take: impl FnMut(RawRecord) -> bool) -> Result<(), String> {
    let mut file = BufReader::new(file);
    let begins = file.fill_buf().map_err(|error| diagnosis::in_words(&error))?;
    if is_utf16(begins) {
        return Err(UTF_16.into());
    }
    let separator = find_separator(begins);
    let (left, breaks) = (Cell::new(MAX_LINE), Rc::<RefCell<Breaks>>::default());
    let bounded = BoundedFile { file, left: &left, breaks: Rc::clone(&breaks) };
    let mut builder = csv::ReaderBuilder::new();
    let mut reader = builder.flexible(true).delimiter(separator.unwrap_or(b',')).from_reader(bounded);
    let names = reader.headers().map_err(|error| describe(&error))?.clone();
    if separator.is_none() && !names.is_empty() {
        return Err(NO_ID.into());
    }
    let mut row = csv::ByteRecord::new();
    while reader.read_byte_record(&mut row).map_err(|error| describe(&error))? {
        left.set(MAX_LINE);
        let start = row.position().map_or_else(|| reader.position().byte(), csv::Position::byte);
        let line = breaks.borrow_mut().line_at(start);
        if row.iter().all(<[u8]>::is_empty) {
            continue;
        }
        let fields = to_fields(&names, &row).map_err(|why| Unreadable { why, content: hash(&row) });
        if !take(RawRecord { line, fields, read: reader.position().byte() }) {
            break;
        }
    }
    Ok(())
}

const NO_ID: &str = "its first row has no field id; that row must name the fields, such as id, p12 and url, with commas, \
    semicolons or tabs between them";

/// What stands between the fields, if one of the names in the first row is then `id`, which every record needs.
fn find_separator(begins: &[u8]) -> Option<u8> {
    let begins = begins.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begins).trim_ascii_start();
    let first = begins.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let has_id = |separator: &u8| {
        let mut builder = csv::ReaderBuilder::new();
        let rows = builder.has_headers(false).delimiter(*separator).from_reader(first).into_byte_records();
        let mut names = rows.take(1).flatten();
        names.any(|row| row.iter().any(|name| name.trim_ascii().eq_ignore_ascii_case(b"id")))
    };
    [b',', b';', b'\t'].into_iter().find(has_id)
}

fn to_fields(names: &csv::StringRecord, row: &csv::ByteRecord) -> Result<Fields, String> {
    let row = csv::StringRecord::from_byte_record(row.clone()).map_err(|_| "it is not UTF-8")?;
    match row.len().cmp(&names.len()) {
        std::cmp::Ordering::Greater => Err("it has more fields than the first row".into()),
        // After a quote that is not closed, the rest is one field and may contain secrets of other records.
        std::cmp::Ordering::Less => Err("it has fewer fields than the first row".into()),
        std::cmp::Ordering::Equal => Ok(zip(names, &row)),
    }
}

fn zip(names: &csv::StringRecord, row: &csv::StringRecord) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in names.iter().zip(row).filter(|(_, value)| !value.is_empty()) {
        let (name, value) = (name.trim().to_lowercase(), Value::String(value.to_owned()));
        match fields.get_mut(&name) {
            Some(Value::Array(several)) => several.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
            None => drop(fields.insert(name, value)),
        }
    }
    fields
}

/// A file in which no record may be longer than the bytes left: a quote that is not closed would run to the end.
struct BoundedFile<'a> {
    file: BufReader<File>,
    left: &'a Cell<u64>,
    breaks: Rc<RefCell<Breaks>>,
}

impl Read for BoundedFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        let too_long = || io::Error::other("a row is longer than 1 MiB; a quote may not be closed");
        self.left.set(self.left.get().checked_sub(read as u64).ok_or_else(too_long)?);
        self.breaks.borrow_mut().add(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// The ends of lines. The csv crate takes the newline of a row's CR LF, and empty lines, for the beginning of the next row.
#[derive(Default)]
struct Breaks {
    read: u64,
    passed: u64,
    /// Where they are, and whether they are a newline; not those that were passed.
    ahead: VecDeque<(u64, bool)>,
}

impl Breaks {
    fn add(&mut self, bytes: &[u8]) {
        for (at, byte) in (self.read..).zip(bytes).filter(|(_, byte)| matches!(byte, b'\r' | b'\n')) {
            self.ahead.push_back((at, *byte == b'\n'));
        }
        self.read += bytes.len() as u64;
    }

    /// The line, from 1, of what begins at this position or after the ends of lines there.
    fn line_at(&mut self, mut start: u64) -> u64 {
        while let Some((at, newline)) = self.ahead.front().copied().filter(|(at, _)| *at <= start) {
            self.ahead.pop_front();
            start = start.max(at + 1);
            let is_half = !newline && self.ahead.front() == Some(&(at + 1, true));
            self.passed += u64::from(!is_half);
        }
        self.passed + 1
    }
}

fn describe(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => diagnosis::in_words(error),
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".into(),
        _ => "it is not CSV".into(),
    }
}

fn hash(row: &csv::ByteRecord) -> Hash {
    let mut content = Sha256::new();
    for field in row {
        content.update(&field.len().to_be_bytes());
        content.update(field);
    }
    content.finish()
}
