//! The answer: none came, it broke off, or it was not HTTP.

use std::time::Duration;

use h2::Reason;

use super::{causes, client, framing, own_body, own_failure};
use crate::error::{Error, Kind, Retry};
use crate::evidence::{Cause, Evidence, Message};

/// No head of an answer came in time. `sending`: a part of the request's body was not sent by then.
pub fn explain_timeout(evidence: &Evidence, limit: Duration, sending: bool) -> Error {
    let (target, seconds) = (&evidence.target, limit.as_secs_f64());
    if sending {
        let hint = "either the body comes too slowly on this machine, or the endpoint takes it too slowly; -m SECONDS waits longer";
        let message = format!(
            "the request to {target} was not sent to its end within {seconds} s, and nothing was answered"
        );
        return Error::new(Kind::Timeout, message).with_hint(hint);
    }
    client::unanswered(evidence, limit)
        .unwrap_or_else(|| Error::new(Kind::Timeout, format!("{target} did not answer within {seconds} s")))
}

/// The body was not complete in time.
pub fn explain_stall(evidence: &Evidence) -> Error {
    let (target, received) = (&evidence.target, evidence.received);
    let message =
        format!("the answer of {target} was not complete in time; {received} bytes of the body had come");
    Error::new(Kind::AnswerTimeout, message)
}

/// The exchange failed after the handshake, before the head was complete.
pub fn explain_none(evidence: &Evidence, http: &hyper::Error) -> Error {
    let target = &evidence.target;
    let known = own_body(http)
        .or_else(|| client::refusal(evidence))
        .or_else(|| own_failure(evidence))
        .or_else(|| find_http2(http).map(|http2| explain_stream(target, http2)));
    if let Some(error) = known {
        return error;
    }
    if http.is_parse_too_large() {
        let message = format!("the head of {target}'s answer is too large to be HTTP");
        return Error::new(Kind::HeadTooLarge, message);
    }
    if http.is_parse() {
        let rule = framing::broken_head(http);
        let message = format!("the head of {target}'s answer is not HTTP: {rule}");
        return Error::new(Kind::AnswerMalformed, message);
    }
    let Some(end) = &evidence.end else {
        let message = format!("this machine gave up the call to {target}, which had not ended it: {http}");
        return Error::new(Kind::Internal, message);
    };
    let (end, reset) = (end.cause.in_words(), end.cause == Cause::Reset || evidence.body_unsent);
    if evidence.timings.first_byte.is_some() {
        let message = format!("{target} {end} before the head of its answer was complete");
        return Error::new(Kind::CutShort, message);
    }
    if let Some(refused) = client::ended(evidence) {
        return refused;
    }
    let kind = if reset { Kind::AnswerReset } else { Kind::CutShort };
    let alert = evidence.alert().map_or(String::new(), |code| format!(" ({})", Message::Alert(code).name()));
    let asked = match evidence.requested() {
        true => "had asked for a certificate, and ours was still on its way",
        false => "had not asked for a certificate",
    };
    if evidence.body_unsent {
        let message = format!(
            "{target} ended the connection without an answer{alert} while the request's body was being sent, and {asked}: it may have refused the body, and its answer was lost"
        );
        return Error::new(kind, message).with_hint(client::lost_answer(evidence));
    }
    let message = format!("{target} {end} without an answer{alert}, and {asked}");
    Error::new(kind, message)
}

/// The body ended with the connection, and nothing proves that it is complete (RFC 9112 section 9.8).
pub fn explain_open_end(evidence: &Evidence) -> Error {
    let (target, received) = (&evidence.target, evidence.received);
    let message = format!(
        "{target} ended the connection without a close_notify after {received} bytes of a body whose length it had not said"
    );
    Error::new(Kind::EndUnproven, message)
}

/// The connection ended within the body. An alert refuses the certificate only if it was asked for after the
/// answer had begun.
pub fn explain_break(evidence: &Evidence, http: &hyper::Error) -> Error {
    let (target, received) = (&evidence.target, evidence.received);
    if let Some(refusal) = client::refusal(evidence).filter(|_| evidence.requested_late()) {
        return refusal;
    }
    let broke = |kind, how: String| {
        Error::new(kind, format!("{target} {how} after {received} bytes of the body, before its end"))
    };
    if let Some(http2) = find_http2(http) {
        return broke(Kind::AnswerReset, describe_break(http2));
    }
    if let Some(error) = own_failure(evidence) {
        return error;
    }
    match evidence.end.as_ref().map(|end| &end.cause) {
        Some(cause @ Cause::Reset) => broke(Kind::AnswerReset, cause.in_words()),
        Some(cause) => broke(Kind::CutShort, cause.in_words()),
        None => {
            let rule = framing::broken_body(http);
            let message = format!("the body of {target}'s answer is not HTTP after {received} bytes: {rule}");
            Error::new(Kind::AnswerMalformed, message)
        }
    }
}

/// The HTTP/2 stream was reset with NO_ERROR (RFC 9113 section 8.1). `sized`: the length is known, so a part
/// is missing.
pub fn explain_silent_end(evidence: &Evidence, sized: bool) -> Error {
    let (target, received) = (&evidence.target, evidence.received);
    match sized {
        true => Error::new(
            Kind::AnswerReset,
            format!("{target} broke off the HTTP/2 stream without an error after {received} bytes of the body, before its end"),
        ),
        false => Error::new(
            Kind::EndUnproven,
            format!("{target} broke off the HTTP/2 stream without an error after {received} bytes of a body whose length it had not said"),
        )
        .with_hint("the stream ended without its own end, so something may be missing; the endpoint should send a Content-Length"),
    }
}

/// The HTTP/2 error of a failure. A connection that just ended has none; there, its end says more.
fn find_http2(http: &hyper::Error) -> Option<&h2::Error> {
    let http2 = causes(http).find_map(|cause| cause.downcast_ref::<h2::Error>());
    http2.filter(|http2| http2.reason().is_some())
}

/// The stream ended before its answer. The connection may still be open (RFC 9113 sections 6.4 and 6.8).
fn explain_stream(target: &str, http2: &h2::Error) -> Error {
    let message = format!("{target} {} without an answer", describe_break(http2));
    match http2.reason() {
        Some(Reason::HTTP_1_1_REQUIRED) => Error::new(Kind::NoProtocol, message).with_hint(
            "it wants HTTP/1.1 for this request, as over HTTP/2 no certificate can be asked for late (RFC 8740): leave --http2 out",
        ),
        Some(Reason::REFUSED_STREAM) => Error::new(Kind::AnswerReset, message).with_retry(Retry::Yes, None),
        _ => Error::new(Kind::AnswerReset, message),
    }
}

fn describe_break(http2: &h2::Error) -> String {
    let reason = http2.reason().map_or_else(String::new, |reason| format!("{reason:?}"));
    match (http2.is_remote(), http2.is_go_away()) {
        (false, _) => format!("broke HTTP/2, so that the stream was given up here ({reason})"),
        (true, true) => format!("ended the HTTP/2 connection by GOAWAY ({reason})"),
        (true, false) => format!("broke off the HTTP/2 stream ({reason})"),
    }
}
