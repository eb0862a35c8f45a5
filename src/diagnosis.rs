//! Foreign errors and what was observed → our kinds. Nothing else reads a foreign error.

use std::io;
use std::path::Path;

use openssl::error::ErrorStack;
use openssl::ssl;
use openssl::x509::X509VerifyResult;

use crate::error::{Error, Kind};
use crate::evidence::{End, Evidence, Message, Side};

pub mod platform;
pub mod reach;

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

/// A file that could not be read.
pub fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::new(Kind::FileUnreadable, format!("cannot read {}: {}", path.display(), in_words(error)))
}

/// An output that could not be written; `what` is a path or "standard output".
pub fn unwritable(what: impl std::fmt::Display, error: &io::Error) -> Error {
    Error::new(Kind::OutputFailed, format!("cannot write to {what}: {}", in_words(error)))
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

/// The endpoint's own certificate failed verification; `chain` is what verification put together.
pub fn untrusted(result: X509VerifyResult, self_issued: bool, evidence: &Evidence) -> Error {
    let target = &evidence.target;
    let (subject, issuer, from, until) = evidence.server_chain.first().map_or_else(
        || (String::new(), String::new(), String::new(), String::new()),
        |leaf| (leaf.subject.clone(), leaf.issuer.clone(), leaf.not_before.clone(), leaf.not_after.clone()),
    );
    let (kind, what) = match result.as_raw() {
        openssl_sys::X509_V_ERR_CERT_HAS_EXPIRED => (
            Kind::ServerExpired,
            format!("expired: a certificate of its chain; its own ({subject}) is valid until {until}"),
        ),
        openssl_sys::X509_V_ERR_CERT_NOT_YET_VALID => {
            (Kind::ServerNotYetValid, format!("not yet valid: its own ({subject}) begins {from}"))
        }
        openssl_sys::X509_V_ERR_HOSTNAME_MISMATCH | openssl_sys::X509_V_ERR_IP_ADDRESS_MISMATCH => {
            (Kind::ServerWrongHost, format!("for another host: {subject}"))
        }
        openssl_sys::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT => {
            (Kind::ServerSelfSigned, format!("self-signed: {subject}"))
        }
        openssl_sys::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        | openssl_sys::X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE
            if !self_issued && evidence.server_chain.len() == 1 =>
        {
            let what = "its issuer is neither trusted here nor sent along: either that CA is not trusted, or the endpoint forgot its intermediate certificate";
            (Kind::ServerUntrusted, format!("not trusted: {subject}, issued by {issuer}; {what}"))
        }
        openssl_sys::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN => {
            let root = evidence.server_chain.last().map(|root| root.subject.as_str()).unwrap_or_default();
            let what = format!("not trusted: {subject} leads to the root {root}, which is not trusted here");
            (Kind::ServerUntrusted, what)
        }
        _ => (
            Kind::ServerUntrusted,
            format!("not trusted: {subject}, issued by {issuer} ({})", result.error_string()),
        ),
    };
    Error::new(kind, format!("the certificate of {target} is {what}"))
}

/// The handshake failed. The alert, the step reached and the end decide; never the order of two errors.
pub fn handshake(error: &ssl::Error, evidence: &Evidence) -> Error {
    if let Some(refusal) = refusal(evidence) {
        return refusal;
    }
    let target = &evidence.target;
    if let Some(code) = evidence.alert() {
        let alert = Message::Alert(code).name();
        return Error::new(
            Kind::HandshakeFailed,
            format!("{target} ended the handshake with {alert}, without having asked for a certificate"),
        );
    }
    let end = handshake_end(error);
    let heard = evidence.steps.iter().any(|step| step.from == Side::Endpoint);
    match end {
        End::Reset | End::Eof | End::CloseNotify => ended(evidence, &end).unwrap_or_else(|| {
            Error::new(Kind::HandshakeReset, format!("{target} {} in the TLS handshake", end_in_words(&end)))
        }),
        End::Failure(reason) if !heard => {
            Error::new(Kind::NotTls, format!("{target} does not speak TLS there ({reason})"))
        }
        End::Failure(reason) => {
            Error::new(Kind::HandshakeFailed, format!("the TLS handshake with {target} failed: {reason}"))
        }
    }
}

/// The TLS handshake did not end in time.
pub fn tls_stalled(evidence: &Evidence) -> Error {
    let target = &evidence.target;
    let heard = evidence.steps.iter().any(|step| step.from == Side::Endpoint);
    let how = if heard {
        "began the TLS handshake and then fell silent"
    } else {
        "took the connection and said nothing in TLS"
    };
    Error::new(Kind::TlsTimeout, format!("{target} {how} within the time allowed"))
}

/// No head of an answer came in time.
pub fn late(target: &str, limit: std::time::Duration) -> Error {
    Error::new(Kind::Timeout, format!("{target} did not answer within {} s", limit.as_secs_f64()))
}

/// The body stopped coming.
pub fn body_stalled(evidence: &Evidence) -> Error {
    let (target, received) = (&evidence.target, evidence.received);
    let message =
        format!("the answer of {target} was not complete in time; {received} bytes of the body had come");
    Error::new(Kind::CutShort, message).with_hint("-m SECONDS waits longer")
}

/// The connection ended after the handshake and before a whole answer had come.
pub fn unanswered(evidence: &Evidence, http: &hyper::Error) -> Error {
    if let Some(error) = own_body(http) {
        return Error::new(
            Kind::FileUnreadable,
            format!("the request's body could not be read: {}", in_words(error)),
        );
    }
    let target = &evidence.target;
    if let Some(refusal) = refusal(evidence) {
        return refusal;
    }
    let end = evidence.end.clone().unwrap_or(End::Eof);
    let nothing_came = evidence.timings.first_byte.is_zero();
    if let Some(refused) = ended(evidence, &end).filter(|_| nothing_came) {
        return refused;
    }
    match evidence.end {
        None => Error::new(Kind::NotHttp, format!("{target} did not answer with HTTP: {http}")),
        Some(_) if nothing_came => Error::new(
            Kind::CutShort,
            format!("{target} {} without an answer, and had not asked for a certificate", end_in_words(&end)),
        ),
        Some(_) => Error::new(
            Kind::CutShort,
            format!("{target} {} before the answer was complete", end_in_words(&end)),
        ),
    }
}

/// The connection ended within the body, after `received` bytes of it.
pub fn cut_short(evidence: &Evidence, http: &hyper::Error) -> Error {
    let (target, received) = (&evidence.target, evidence.received);
    let why = match &evidence.end {
        Some(end) => format!("{target} {}", end_in_words(end)),
        None => format!("the answer of {target} is broken ({http})"),
    };
    Error::new(Kind::CutShort, format!("{why} after {received} bytes of the body, before its end"))
}

/// The file behind the request's body failed while it was sent.
fn own_body(error: &hyper::Error) -> Option<&io::Error> {
    let source = std::error::Error::source(error).filter(|_| error.is_user())?;
    source.downcast_ref()
}

/// An alert about certificates, which names the refusal for sure.
fn refusal(evidence: &Evidence) -> Option<Error> {
    let code = evidence.alert().filter(|_| evidence.requested())?;
    let (target, alert) = (&evidence.target, Message::Alert(code).name());
    match (code, evidence.sent()) {
        (40..=49 | 116, true) => {
            let message = format!("{target} refused the client certificate: {alert}");
            Some(Error::new(Kind::ClientRefused, message).with_hint(refusal_hint(code)))
        }
        (40..=49 | 116, false) => Some(Error::new(
            Kind::ClientRequired,
            format!("{target} insists on a client certificate and none was sent: {alert}"),
        )),
        _ => None,
    }
}

fn refusal_hint(alert: u8) -> &'static str {
    match alert {
        48 => {
            "its CA is unknown there: either the endpoint does not trust it, or an intermediate is missing from the P12"
        }
        45 => "the endpoint found it expired: renew it",
        44 => "the endpoint found it revoked: ask the CA, then for a new one",
        43 => "the endpoint does not take this kind of certificate: key type, key usage or purpose",
        49 => "the certificate is valid there, but this one may not in: ask the endpoint's owner",
        _ => Kind::ClientRefused.hint(),
    }
}

/// An end without a word after a certificate was asked for: servers such as Node and Java refuse this way.
fn ended(evidence: &Evidence, end: &End) -> Option<Error> {
    if !evidence.requested() {
        return None;
    }
    let (target, end) = (&evidence.target, end_in_words(end));
    Some(if evidence.sent() {
        Error::new(
            Kind::ClientRefusedOrReset,
            format!(
                "{target} {end} after the client certificate was sent, without an alert or an answer: it refused the certificate, or it broke"
            ),
        )
    } else {
        Error::new(
            Kind::ClientRequired,
            format!("{target} {end} after asking for a client certificate, and none was sent"),
        )
    })
}

fn end_in_words(end: &End) -> String {
    match end {
        End::CloseNotify => "closed the connection".into(),
        End::Eof => "ended the connection without a close_notify".into(),
        End::Reset => "reset the connection".into(),
        End::Failure(reason) => format!("broke the connection ({reason})"),
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
