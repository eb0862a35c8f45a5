//! What can be in a file.

use std::fmt;

use serde::Serialize;

use super::bag::Bag;
use super::iterate::Wiped;

/// What is in a file, without its wrapping.
pub(super) enum Content {
    /// A P12, in DER or BER, and how the file has it.
    Pfx(Wiped, Form),
    /// Keys and certificates in PEM or DER, and what they are called.
    Loose(Vec<Bag>, String),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum Form {
    /// A P12 in binary, with definite lengths.
    #[default]
    #[serde(rename = "DER")]
    Der,
    /// A P12 in binary, with indefinite lengths.
    #[serde(rename = "BER")]
    Ber,
    /// A P12 as PEM, base64, hex, in JSON and the like.
    #[serde(rename = "text")]
    Text,
    /// No P12: a certificate and its key as PEM or DER.
    #[serde(rename = "certificate and key")]
    Loose,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
