//! What went wrong: a kind, which fixes the exit status, and one sentence about this case.

use std::fmt;

use crate::foreign::Foreign;
pub use exit::{Exit, Retry};
pub use kind::Kind;

mod exit;
#[macro_use]
mod table;
mod kind;

/// A fault: what kind, and one sentence on what happened to which thing. Holds no secret.
#[derive(Debug, Clone)]
pub struct Error {
    /// Its stable name, exit status and usual hint.
    pub kind: Kind,
    /// One sentence, lower case, without a full stop.
    pub message: String,
    hint: Option<String>,
    retry: Option<Retry>,
    /// When to try again, as `Retry-After` says (RFC 9110 section 10.2.3).
    pub retry_after: Option<Foreign>,
}

/// Anything that may fail with our own [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A fault of this kind, told in one sentence.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, retry: None, retry_after: None }
    }

    /// The same with a hint that fits better than the kind's own.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same with better advice on trying again, and when.
    #[must_use]
    pub fn with_retry(self, retry: Retry, after: Option<Foreign>) -> Self {
        Self { retry: Some(retry), retry_after: after, ..self }
    }

    /// Whether trying again is safe and sensible.
    pub fn retry(&self) -> Retry {
        self.retry.unwrap_or_else(|| self.kind.retry())
    }

    /// What to do next.
    pub fn hint(&self) -> &str {
        self.hint.as_deref().unwrap_or_else(|| self.kind.hint())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
