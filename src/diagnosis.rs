//! Turns what was observed, and the errors of libraries, into our own errors. No other room interprets them.

use std::io;
use std::path::Path;

use openssl::error::ErrorStack;
use openssl::ssl;

use crate::error::{Error, Kind};
use crate::evidence::{Cause, End, Evidence, Side};

mod alert;
pub mod answer;
pub mod between;
pub mod causes;
pub mod client;
pub mod framing;
pub mod given;
pub mod handshake;
pub mod login;
pub mod page;
pub mod platform;
pub mod reach;
pub mod server;
pub mod speech;
pub mod status;
pub mod unasked;
pub mod unfit;

/// A system error in lower case, without Rust's `(os error 111)`.
pub fn in_words(error: &io::Error) -> String {
    // C libraries differ in this one.
    if is_out_of_files(error) {
        return "too many open files".into();
    }
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default().trim_end_matches('.');
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if !text.starts_with("I/O") => first.to_lowercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}

/// winerror.h's numbers.
#[cfg(windows)]
const ERROR_TOO_MANY_OPEN_FILES: i32 = 4;
#[cfg(windows)]
const WSAEMFILE: i32 = 10024;

/// Whether this machine has too many open files. Then the file or endpoint is not the cause.
fn is_out_of_files(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
    }
    #[cfg(windows)]
    matches!(error.raw_os_error(), Some(ERROR_TOO_MANY_OPEN_FILES | WSAEMFILE))
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

/// The program could not start.
pub fn not_begun(error: &io::Error) -> Error {
    let kind = if is_out_of_files(error) { Kind::OutOfFiles } else { Kind::Internal };
    Error::new(kind, format!("this machine does not let the program begin: {}", in_words(error)))
}

/// OpenSSL failed, and nothing from outside can be the cause.
pub fn openssl(doing: &str, stack: &ErrorStack) -> Error {
    Error::new(Kind::Internal, format!("OpenSSL failed at {doing}: {}", reasons(stack)))
}

/// OpenSSL's reasons, the first cause first, without file names and numbers.
pub fn reasons(stack: &ErrorStack) -> String {
    let reasons: Vec<_> = stack.errors().iter().filter_map(ssl_reason).collect();
    if reasons.is_empty() { "no reason given".into() } else { reasons.join(", ") }
}

fn ssl_reason(error: &openssl::error::Error) -> Option<&'static str> {
    error.reason()
}

/// What ended the connection, from a failed read or write.
pub fn cause(error: &io::Error) -> Cause {
    // Windows tells a sender by the second.
    if matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted) {
        return Cause::Reset;
    }
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<ssl::Error>());
    tls.map_or_else(|| Cause::System(in_words(error)), tls_cause)
}

/// What ended the connection, from a failure of TLS.
pub fn tls_cause(error: &ssl::Error) -> Cause {
    if let Some(io) = error.io_error() {
        return cause(io);
    }
    match error.ssl_error() {
        Some(stack) if stack.errors().iter().any(is_bare_end) => Cause::Eof,
        Some(stack) => Cause::Tls(reasons(stack)),
        None if error.code() == ssl::ErrorCode::ZERO_RETURN => Cause::CloseNotify,
        None => Cause::Eof,
    }
}

/// The end of a connection, from a failed write to TLS. The cause is OpenSSL's own failure, or what it read
/// while it was writing.
pub fn write_end(error: &io::Error) -> End {
    match cause(error) {
        cause @ Cause::Tls(_) => End::ours(cause),
        cause => End::theirs(cause),
    }
}

/// Whether a write failed because the endpoint had gone. Otherwise this machine could not send.
pub fn is_peer_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, HostUnreachable, NetworkUnreachable, NotConnected,
        TimedOut,
    };
    let gone = [
        BrokenPipe,
        ConnectionAborted,
        ConnectionReset,
        HostUnreachable,
        NetworkUnreachable,
        NotConnected,
        TimedOut,
    ];
    gone.contains(&error.kind())
}

/// This machine ended the connection; the endpoint is not the cause.
fn own_failure(evidence: &Evidence) -> Option<Error> {
    let end = evidence.end.as_ref().filter(|end| end.side == Side::Us)?;
    let target = &evidence.target;
    Some(match &end.cause {
        Cause::System(why) => {
            Error::new(Kind::ConnectionFailed, format!("this machine could not send to {target}: {why}"))
                .with_hint("a firewall or a limit of this machine stopped it; the endpoint has no part in it")
        }
        cause => Error::new(Kind::Internal, format!("this machine, not {target}, {}", cause.in_words())),
    })
}

fn is_bare_end(error: &openssl::error::Error) -> bool {
    error.reason() == Some("unexpected eof while reading")
}

/// The request's body could not be read while it was sent.
fn own_body(error: &hyper::Error) -> Option<&io::Error> {
    let source = std::error::Error::source(error).filter(|_| error.is_user())?;
    source.downcast_ref()
}

impl Cause {
    /// What happened, to follow the name of who did it.
    pub fn in_words(&self) -> String {
        match self {
            Self::CloseNotify => "closed the connection".into(),
            Self::Eof => "ended the connection without a close_notify".into(),
            Self::Reset => "reset the connection".into(),
            Self::Tls(reason) | Self::System(reason) => format!("broke the connection ({reason})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_lose_their_numbers() {
        let refused = io::Error::other("Connection refused. (os error 10061)");
        assert_eq!(in_words(&refused), "connection refused");
    }
}
