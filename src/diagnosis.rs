//! Foreign errors and what was observed → our kinds. Nothing else reads a foreign error.

use std::io;
use std::path::Path;

use openssl::error::ErrorStack;
use openssl::ssl;

use crate::error::{Error, Kind};
use crate::evidence::End;

pub mod answer;
pub mod client;
pub mod handshake;
pub mod page;
pub mod platform;
pub mod reach;
pub mod server;

/// A system error without Rust's `(os error 111)`, in lower case as our sentences are.
pub fn in_words(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default().trim_end_matches('.');
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if !text.starts_with("I/O") => first.to_lowercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}

/// A number and what it counts: `1 certificate`, `2 certificates`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// This machine is at fault, and nothing that was to be opened or reached: no more files may be open.
fn is_out_of_files(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
    }
    #[cfg(not(unix))]
    {
        let _ = error;
        false
    }
}

/// A status with its usual words, where it has some.
pub fn status(status: http::StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

/// A file that could not be read.
pub fn unreadable(path: &Path, error: &io::Error) -> Error {
    let kind = if is_out_of_files(error) { Kind::OutOfFiles } else { Kind::FileUnreadable };
    Error::new(kind, format!("cannot read {}: {}", path.display(), in_words(error)))
}

/// An output that could not be written; `what` is a path or "standard output".
pub fn unwritable(what: impl std::fmt::Display, error: &io::Error) -> Error {
    let kind = if is_out_of_files(error) { Kind::OutOfFiles } else { Kind::OutputFailed };
    Error::new(kind, format!("cannot write to {what}: {}", in_words(error)))
}

/// The program could not even begin.
pub fn not_begun(error: &io::Error) -> Error {
    let kind = if is_out_of_files(error) { Kind::OutOfFiles } else { Kind::Internal };
    Error::new(kind, format!("this machine does not let the program begin: {}", in_words(error)))
}

/// OpenSSL failed where nothing from outside is at fault.
pub fn openssl(doing: &str, stack: &ErrorStack) -> Error {
    Error::new(Kind::Internal, format!("OpenSSL failed at {doing}: {}", reasons(stack)))
}

/// OpenSSL's reasons, the first cause first, without its file names and numbers.
pub fn reasons(stack: &ErrorStack) -> String {
    let reasons: Vec<_> = stack.errors().iter().filter_map(ssl_reason).collect();
    if reasons.is_empty() { "no reason given".into() } else { reasons.join(", ") }
}

fn ssl_reason(error: &openssl::error::Error) -> Option<&'static str> {
    error.reason()
}

/// How the endpoint's side ended, out of a failed read.
pub fn end(error: &io::Error) -> End {
    if error.kind() == io::ErrorKind::ConnectionReset {
        return End::Reset;
    }
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<ssl::Error>());
    tls.map_or_else(|| End::Failure(in_words(error)), handshake_end)
}

/// How the endpoint's side ended, out of a TLS failure.
pub fn handshake_end(error: &ssl::Error) -> End {
    if let Some(io) = error.io_error() {
        return end(io);
    }
    match error.ssl_error() {
        Some(stack) if stack.errors().iter().any(is_bare_end) => End::Eof,
        Some(stack) => End::Failure(reasons(stack)),
        None if error.code() == ssl::ErrorCode::ZERO_RETURN => End::CloseNotify,
        None => End::Eof,
    }
}

fn is_bare_end(error: &openssl::error::Error) -> bool {
    error.reason() == Some("unexpected eof while reading")
}

/// The file behind the request's body failed while it was sent.
fn own_body(error: &hyper::Error) -> Option<&io::Error> {
    let source = std::error::Error::source(error).filter(|_| error.is_user())?;
    source.downcast_ref()
}

impl End {
    /// What the endpoint did, after its name.
    pub fn in_words(&self) -> String {
        match self {
            Self::CloseNotify => "closed the connection".into(),
            Self::Eof => "ended the connection without a close_notify".into(),
            Self::Reset => "reset the connection".into(),
            Self::Failure(reason) => format!("broke the connection ({reason})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_lose_their_numbers() {
        assert_eq!(in_words(&io::Error::from_raw_os_error(111)), "connection refused");
    }
}
