//! What can be in a file.

use std::fmt;

use serde::{Serialize, Serializer};

use super::bag::Bag;
use super::iterate::Wiped;

/// What is in a file.
pub(super) struct Sniffed {
    pub(super) content: Content,
    pub(super) form: Form,
}

/// What is in a file, without its wrapping.
pub(super) enum Content {
    /// A P12, in DER or BER.
    Pfx(Wiped),
    /// Keys and certificates in PEM or DER, and what they are called.
    Loose(Vec<Bag>, String),
}

/// The form of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// A P12 in binary, with definite lengths.
    #[default]
    Der,
    /// A P12 in binary, with indefinite lengths.
    Ber,
    /// A P12 as PEM, base64, hex, in JSON and the like.
    Text,
    /// No P12: a certificate and its key as PEM or DER.
    Loose,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Der => "DER",
            Self::Ber => "BER",
            Self::Text => "text",
            Self::Loose => "certificate and key",
        })
    }
}

impl Serialize for Form {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
