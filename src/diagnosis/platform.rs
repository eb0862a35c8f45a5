//! The platform cannot be reached, or does not answer.

use std::io;

use super::reach::{explain_lookup, kind_of};
use super::{causes, framing, in_words, own_body};
use crate::error::{Error, Kind};
use crate::evidence::Evidence;

/// `host:port` of a URL, without the default port.
pub fn authority(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The innermost cause, as text.
pub fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let innermost = causes(error).last().unwrap_or(error);
    innermost.downcast_ref::<io::Error>().map_or_else(|| innermost.to_string(), in_words)
}

/// A request to the platform or its Domain API (`who`) that got no answer. `host` is its address.
pub fn submission(error: &reqwest::Error, host: &str, who: &str) -> Error {
    let hyper = causes(error).find_map(|cause| cause.downcast_ref::<hyper::Error>());
    if let Some(own) = hyper.and_then(own_body) {
        return own;
    }
    let text = causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ");
    let reason = deepest(error);
    let new = |kind, what: &str| Error::new(kind, format!("{who} ({host}) {what}"));
    let io = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).last();
    if let Some(untrusted) = distrust(&text) {
        return new(
            Kind::ServerUntrusted,
            &format!("shows a certificate that is not trusted here: {untrusted}"),
        );
    }
    if error.is_dns() || text.contains("dns error") {
        let lookup = io.map_or_else(|| new(Kind::DnsFailure, &reason), |io| explain_lookup(host, io));
        return Error::new(lookup.kind, format!("{who} was not reached: {}", lookup.message));
    }
    if error.is_timeout() {
        return new(Kind::ConnectTimeout, "did not accept a connection in time");
    }
    if text.contains("proxy authorization required") || text.contains("proxy authentication") {
        return new(Kind::ProxyCredentials, "was not reached: the proxy wants credentials");
    }
    if text.contains("tunnel") || text.contains("socks") || text.contains("SOCKS") {
        return new(Kind::ProxyFailed, &format!("was not reached through the proxy: {reason}"));
    }
    match (error.is_connect(), io) {
        (true, Some(io)) => new(kind_of(io), &format!("cannot be reached: {}", in_words(io))),
        (true, None) => new(Kind::HandshakeFailed, &format!("did not complete the TLS handshake: {reason}")),
        (false, _) if hyper.is_some_and(hyper::Error::is_parse) => {
            let broken = hyper.map_or("it is malformed", framing::broken_head);
            new(Kind::AnswerMalformed, &format!("gave an answer that is not HTTP: {broken}"))
        }
        (false, _) => new(Kind::CutShort, &format!("ended the connection without an answer: {reason}")),
    }
}

/// Why a chain is not trusted: by OpenSSL's text, `…certificate verify failed:… (self-signed certificate)`, or by the
/// numbers of Windows and macOS, whose text is in the language of their user.
fn distrust(text: &str) -> Option<&str> {
    let numbered = UNTRUSTED.iter().find(|(number, _)| text.contains(&format!("{number})")));
    if let Some((_, reason)) = numbered {
        return Some(reason);
    }
    let (_, after) = text.split_once("certificate verify failed")?;
    let reason = after.rsplit_once('(').and_then(|(_, reason)| reason.split(')').next());
    Some(reason.filter(|reason| !reason.is_empty()).unwrap_or("its chain does not verify"))
}

/// winerror.h's CERT_E_*, CRYPT_E_* and SEC_E_*, and Apple's errSec*, as numbers.
const UNTRUSTED: &[(&str, &str)] = &[
    ("-2146762495", "it is expired or not yet valid"),
    ("-2146762487", "its root is not trusted"),
    ("-2146762486", "its chain leads to no trusted root"),
    ("-2146762484", "it is revoked"),
    ("-2146762482", "its revocation could not be checked"),
    ("-2146762481", "it is for another host"),
    ("-2146762480", "it is not for this purpose"),
    ("-2146885616", "it is revoked"),
    ("-2146885614", "its revocation could not be checked"),
    ("-2146885613", "its revocation could not be checked: the server for that is offline"),
    ("-2146893022", "it is for another host"),
    ("-2146893019", "its root is not trusted"),
    ("-2146893016", "it is expired"),
    ("-67602", "it is for another host"),
    ("-67818", "it is expired"),
    ("-67843", "its chain leads to no trusted root"),
];

/// The platform did not answer in time.
pub fn late(evidence: &Evidence, limit: std::time::Duration) -> Error {
    let seconds = limit.as_secs_f64();
    let Some(submission) = &evidence.submission else {
        return Error::new(Kind::PlatformLookup, format!("the Domain API did not answer within {seconds} s"));
    };
    let hint = "the platform may be waiting for the endpoint; -m SECONDS waits longer";
    let message = format!("the platform ({}) did not answer within {seconds} s", submission.host);
    Error::new(Kind::Timeout, message).with_hint(hint)
}

/// An answer through the platform broke off.
pub fn passed_on_short(error: &reqwest::Error, evidence: &Evidence) -> Error {
    let received = evidence.received;
    let host = evidence.submission.as_ref().map_or("", |submission| &submission.host);
    let message = format!(
        "the answer through the platform ({host}) broke off after {received} bytes of the body: {}",
        deepest(error)
    );
    let hint = "the platform, the endpoint or something between them ended it; try again, with --compare";
    Error::new(Kind::CutShort, message).with_hint(hint)
}

/// An answer through the platform ended with the connection, and nothing proves that it is complete.
pub fn unproven(evidence: &Evidence) -> Error {
    let host = evidence.submission.as_ref().map_or("", |submission| &submission.host);
    let message = format!(
        "the answer through the platform ({host}) ended with the connection, \
         after {} bytes of a body whose length it had not stated",
        evidence.received
    );
    let hint = "nothing proves that the answer is complete; try again, with --compare";
    Error::new(Kind::EndUnproven, message).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distrust_is_known_by_the_number_whatever_the_language() {
        let windows =
            "client error: OS Error -2146762487 (FormatMessageW() returned error 317) (os error -2146762487)";
        assert_eq!(distrust(windows), Some("its root is not trusted"));
        let openssl =
            "error:0A000086:SSL routines::certificate verify failed:ssl/x.c:1: (self-signed certificate)";
        assert_eq!(distrust(openssl), Some("self-signed certificate"));
        assert_eq!(distrust("connection reset (os error 104)"), None);
    }
}
