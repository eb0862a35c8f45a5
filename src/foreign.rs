//! Text from outside: from an endpoint, a proxy or the platform. It is never written with the call's secrets.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::escape::escape;
pub use secrets::{HIDDEN, KnownSecrets};

pub mod header;
mod secrets;

/// Bytes that came from outside. Written as text, in quotes or as JSON, they have `***` in place of the
/// call's secrets. So a new field of this type is safe without being listed anywhere.
#[derive(Clone, Default)]
pub struct Foreign {
    bytes: Vec<u8>,
    secrets: Arc<KnownSecrets>,
}

impl Foreign {
    /// These bytes, and the secrets to hide in them.
    pub fn new(bytes: impl Into<Vec<u8>>, secrets: &Arc<KnownSecrets>) -> Self {
        Self { bytes: bytes.into(), secrets: Arc::clone(secrets) }
    }

    /// The bytes as they came: for decisions, never for output.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same as text: for decisions, never for output.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }

    /// A part or another form of it, which is still from outside.
    #[must_use]
    pub fn map(&self, change: impl FnOnce(&str) -> String) -> Self {
        Self::new(change(&self.text()), &self.secrets)
    }

    /// Appends up to `limit` bytes in all.
    pub fn append(&mut self, more: &[u8], limit: usize) {
        let room = limit.saturating_sub(self.bytes.len()).min(more.len());
        self.bytes.extend_from_slice(more.get(..room).unwrap_or_default());
    }

    /// The text without secrets. Control characters are kept.
    pub fn clean(&self) -> String {
        self.secrets.clean(&self.text())
    }
}

/// Without secrets, and escaped for a terminal.
impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape(&self.clean()))
    }
}

/// Without secrets, in quotes, for use in a sentence.
impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.clean(), f)
    }
}

impl Serialize for Foreign {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.clean())
    }
}

/// Compares the bytes only.
impl PartialEq for Foreign {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Foreign {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    /// A type that is not listed anywhere.
    #[derive(Debug, Serialize)]
    struct NewFact {
        field: Foreign,
    }

    fn known(secret: &str) -> Arc<KnownSecrets> {
        Arc::new(KnownSecrets::from_iter([Secret::from(secret.as_bytes().to_vec())]))
    }

    #[test]
    fn a_new_field_is_clean_in_every_form() {
        let fact = NewFact { field: Foreign::new("it said canary-secret\x1b[31m", &known("canary-secret")) };
        let forms = [format!("{fact:?}"), fact.field.to_string(), serde_json::to_string(&fact).unwrap()];
        for form in forms {
            assert!(
                form.contains("it said ***") && !form.contains("canary") && !form.contains('\x1b'),
                "{form}"
            );
        }
    }

    #[test]
    fn our_own_words_around_it_stay() {
        let said = Foreign::new("bad password", &known("password"));
        let sentence = format!("the password does not match: it said {said:?}");
        assert_eq!(sentence, "the password does not match: it said \"bad ***\"");
    }

    #[test]
    fn quotes_within_it_end_nothing() {
        let secrets = known("canary\"/\\1");
        for outside in
            ["canary\"/\\1", "{\"a\":\"canary\\\"/\\\\1\"}", "\\\"canary\\\"\\/\\\\1", "\\\"cana canary\"/"]
        {
            let sentence = format!("it said {:?}", Foreign::new(outside, &secrets));
            assert!(!sentence.contains("canary") && sentence.matches(HIDDEN).count() == 1, "{sentence}");
        }
    }
}
