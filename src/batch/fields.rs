//! The options of a record, by name.

use std::io;

use openssl::sha::Sha256;
use serde_json::{Map, Value};
use zeroize::Zeroize as _;

/// Options by name.
pub type Fields = Map<String, Value>;

/// A SHA-256.
pub type Hash = [u8; 32];

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
