//! Errors: a kind, which decides the exit status, and one sentence about this case.

use std::fmt;

use crate::foreign::Foreign;
pub use exit::{Exit, Retry};
pub use kind::Kind;

mod exit;
#[macro_use]
mod table;
mod kind;

/// An error: its kind, and one sentence on what happened to which thing. Holds no secret.
#[derive(Debug, Clone)]
pub struct Error {
    /// Its kind, with the exit status and the usual hint.
    pub kind: Kind,
    /// One sentence, lower case, without a full stop.
    pub message: String,
    hint: Option<String>,
    retry: Option<Retry>,
    /// When to try again, as `Retry-After` says (RFC 9110 section 10.2.3).
    pub retry_after: Option<Foreign>,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of this kind, with its sentence.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, retry: None, retry_after: None }
    }

    /// The same with a better hint than that of its kind.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same with this hint, unless it has one of its own.
    #[must_use]
    pub fn or_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: self.hint.or_else(|| Some(hint.into())), ..self }
    }

    /// The same with this hint, where there is one.
    #[must_use]
    pub fn with_hint_if(self, hint: Option<impl Into<String>>) -> Self {
        Self { hint: hint.map(Into::into).or(self.hint), ..self }
    }

    /// The same with better advice on trying again than that of its kind, and with the time to wait.
    #[must_use]
    pub fn with_retry(self, retry: Retry, after: Option<Foreign>) -> Self {
        Self { retry: Some(retry), retry_after: after, ..self }
    }

    /// Whether trying again is safe and sensible.
    pub fn retry(&self) -> Retry {
        self.retry.unwrap_or_else(|| self.kind.retry())
    }

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
