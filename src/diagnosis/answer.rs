//! The answer: none came, it broke off, or it was not HTTP.

use std::time::Duration;

use super::{client, in_words, own_body};
use crate::error::{Error, Kind};
use crate::evidence::{End, Evidence, Message};

/// No head of an answer came in time.
pub fn late(target: &str, limit: Duration) -> Error {
    Error::new(Kind::Timeout, format!("{target} did not answer within {} s", limit.as_secs_f64()))
}

/// The body stopped coming.
pub fn stalled(evidence: &Evidence) -> Error {
    let (target, received) = (&evidence.target, evidence.received);
    let message =
        format!("the answer of {target} was not complete in time; {received} bytes of the body had come");
    Error::new(Kind::AnswerTimeout, message)
}

/// The exchange failed after the handshake and before a whole head had come.
pub fn none(evidence: &Evidence, http: &hyper::Error) -> Error {
    if let Some(error) = own_body(http) {
        let message = format!("the request's body could not be read: {}", in_words(error));
        return Error::new(Kind::FileUnreadable, message);
    }
    if let Some(refusal) = client::refusal(evidence) {
        return refusal;
    }
    let target = &evidence.target;
    if http.is_parse_too_large() {
        return Error::new(
            Kind::HeadTooLarge,
            format!("the head of {target}'s answer is too large to be HTTP"),
        );
    }
    if http.is_parse() {
        return Error::new(
            Kind::AnswerMalformed,
            format!("the head of {target}'s answer is not HTTP: {http}"),
        );
    }
    let end = evidence.end.as_ref().unwrap_or(&End::Eof).in_words();
    if !evidence.timings.first_byte.is_zero() {
        return Error::new(
            Kind::CutShort,
            format!("{target} {end} before the head of its answer was complete"),
        );
    }
    if let Some(refused) = client::ended(evidence) {
        return refused;
    }
    let kind = if evidence.end == Some(End::Reset) { Kind::AnswerReset } else { Kind::CutShort };
    let alert = evidence.alert().map_or(String::new(), |code| format!(" ({})", Message::Alert(code).name()));
    let message = format!("{target} {end} without an answer{alert}, and had not asked for a certificate");
    match client::chose_no_protocol(evidence) {
        true => Error::new(kind, format!("{message}; {}", client::NO_PROTOCOL))
            .with_hint(client::NO_PROTOCOL_HINT),
        false => Error::new(kind, message),
    }
}

/// The body ended with the connection, and nobody said that this is its end (RFC 9112 section 9.8).
pub fn unproven(evidence: &Evidence) -> Error {
    let (target, received) = (&evidence.target, evidence.received);
    let message = format!(
        "{target} ended the connection without a close_notify after {received} bytes of a body whose length it had not said"
    );
    Error::new(Kind::EndUnproven, message)
}

/// The connection ended within the body.
pub fn broken(evidence: &Evidence, http: &hyper::Error) -> Error {
    let (target, received) = (&evidence.target, evidence.received);
    if let Some(refusal) = client::refusal(evidence) {
        return refusal;
    }
    let (kind, what) = match &evidence.end {
        Some(End::Reset) => (
            Kind::AnswerReset,
            format!("{target} reset the connection after {received} bytes of the body, before its end"),
        ),
        Some(end) => (
            Kind::CutShort,
            format!("{target} {} after {received} bytes of the body, before its end", end.in_words()),
        ),
        None if was_reset(http) => (
            Kind::AnswerReset,
            format!("{target} broke off the answer's HTTP/2 stream after {received} bytes of the body"),
        ),
        None => (
            Kind::AnswerMalformed,
            format!(
                "the body of {target}'s answer is not HTTP after {received} bytes: {}",
                super::platform::deepest(http).to_lowercase()
            ),
        ),
    };
    Error::new(kind, what)
}

/// HTTP/2 can end one stream of a connection (RFC 9113 section 6.4).
fn was_reset(http: &hyper::Error) -> bool {
    let causes = std::iter::successors(std::error::Error::source(http), |cause| cause.source());
    causes.into_iter().any(|cause| cause.to_string().contains("stream"))
}
