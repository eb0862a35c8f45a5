//! The options of a record, by name, as they are read.

use std::io;

use openssl::sha::Sha256;
use serde_json::{Map, Value};
use zeroize::Zeroize as _;

/// Options by name.
pub type Fields = Map<String, Value>;

/// A SHA-256.
pub type Hash = [u8; 32];

/// A record as it stands in the manifest.
pub struct RawRecord {
    /// The line that it starts in, from 1.
    pub line: u64,
    /// Its options, or why they cannot be read.
    pub fields: Result<Fields, Unreadable>,
    /// The position of its end in the manifest, in bytes.
    pub read: u64,
}

/// Why a record cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    pub why: String,
    pub content: Hash,
}

/// A record is a few hundred bytes; a longer line is some other file.
pub(super) const MAX_LINE: u64 = 1 << 20;

/// Whether a manifest is UTF-16, by its beginning: it has a byte order mark, or zeros in its first letter.
pub(super) fn is_utf16(begins: &[u8]) -> bool {
    matches!(begins, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=127, ..] | [1..=127, 0, ..])
}

pub(super) const UTF_16: &str =
    "it is UTF-16; save it as UTF-8 (in Excel: \"CSV UTF-8\"; in PowerShell: Out-File -Encoding utf8)";

/// Spells names as the command line does. With two names of one option, one value would be lost.
pub(super) fn normalize(fields: Fields) -> Result<Fields, String> {
    let mut normalized = Fields::new();
    for (name, value) in fields {
        let canonical = canonical(&name);
        if normalized.insert(canonical.clone(), value).is_some() {
            return Err(format!("{name:?} and {canonical:?} are the same option"));
        }
    }
    Ok(normalized)
}

/// `password_file` and `password-file` are the same, and so are aliases.
pub(super) fn canonical(name: &str) -> String {
    let name = name.replace('_', "-");
    match name.as_str() {
        "request" => "method".into(),
        "data" => "body".into(),
        "headers" => "header".into(),
        _ => name,
    }
}

/// Hashes some of the fields; they are sorted by name.
pub(super) fn hash(fields: &Fields, chosen: impl Fn(&str) -> bool) -> Hash {
    let mut sha256 = Sha256::new();
    for (name, value) in fields.iter().filter(|(name, _)| chosen(name)) {
        sha256.update(format!("{name:?}=").as_bytes());
        // Cannot fail: a hash accepts all bytes, and a value is JSON already.
        let _ = serde_json::to_writer(HashWriter(&mut sha256), value);
        sha256.update(b"\n");
    }
    sha256.finish()
}

/// Writes into a hash, so that no copy of a secret is made.
struct HashWriter<'a>(&'a mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Fields whose values are wiped when dropped.
pub(super) struct WipedFields(pub(super) Fields);

impl Drop for WipedFields {
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
