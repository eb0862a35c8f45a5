//! What to do about a status, if the answer does not mention certificates.

use http::StatusCode;
use http::header::WWW_AUTHENTICATE;

use super::{between, client};
use crate::error::{Kind, Retry};
use crate::evidence::Evidence;
use crate::exchange::Head;

/// What to do next. `expected`: whether `--expect` was given.
pub fn hint(head: &Head, evidence: &Evidence, expected: bool) -> String {
    let through = if evidence.sent() { "the certificate got through; " } else { "" };
    if let Some(place) = head.redirect() {
        return format!(
            "{through}redirects are not followed: call {place} itself, or --expect {}",
            head.status.as_u16()
        );
    }
    if let Some(hint) = of_request(head.status) {
        return format!("{through}{hint}");
    }
    let suspect = client::suspects(evidence).into_iter().next();
    let hint = match (head.status.as_u16(), suspect) {
        (400 | 401 | 403, Some(suspect)) => {
            let (fact, hint) = (suspect.fact, suspect.hint);
            return format!("see the answer; the certificate can also be the cause ({fact}): {hint}");
        }
        (400, None) => "see the answer: the endpoint does not accept the request, or not this certificate",
        (401, None) if evidence.given.authorization => {
            "the endpoint does not accept the Authorization that was sent: check its value and scheme"
        }
        // RFC 9110 section 15.5.2 requires a challenge. Tomcat sends none if the certificate's subject is not
        // one of its users.
        (401, None) if evidence.sent() && !head.headers.contains_key(WWW_AUTHENTICATE) => {
            "the endpoint also wants an Authorization header: give it with --authorization-file; or, as it names no way \
             to log in (no WWW-Authenticate), the certificate's subject may not be a user there: ask its owner"
        }
        (401, None) => "the endpoint also wants an Authorization header: give it with --authorization-file",
        (403, None) => &refused_access(evidence),
        _ if expected => return format!("{through}see the answer"),
        _ => return format!("{through}{}", Kind::Status.hint()),
    };
    match between::name_front(&head.headers).filter(|_| matches!(head.status.as_u16(), 401 | 403)) {
        Some(front) => format!("{hint}; {front}, which may refuse by itself"),
        None => hint.into(),
    }
}

/// A 403 that does not speak of the certificate.
fn refused_access(evidence: &Evidence) -> String {
    let subject =
        evidence.ours.as_ref().filter(|_| evidence.sent()).map_or("the caller", |ours| &ours.subject);
    format!(
        "either the endpoint gives no access to {subject}, or it has another reason: see the answer, or ask its owner"
    )
}

/// What a status means for the request, apart from the certificate.
pub(super) fn of_request(status: StatusCode) -> Option<&'static str> {
    Some(match status.as_u16() {
        404 => "the server does not know this path: check the URL",
        405 => "the endpoint does not accept this method: choose another with -X",
        413 => "the request's body is too large for the endpoint",
        415 => "the endpoint does not accept this content type: choose another with --content-type",
        417 => "the endpoint does not accept the Expect header: leave it out",
        429 | 503 => "the endpoint is busy or limits the rate of calls: wait, then try again",
        // Cloudflare's own.
        520..=524 => "Cloudflare got no usable answer from the server behind it: ask the endpoint's owner",
        525 | 526 => {
            "TLS failed between Cloudflare and the server behind it, not with this machine: ask the endpoint's owner"
        }
        502 | 504 => "a gateway got no answer from the server behind it: ask the endpoint's owner",
        500.. => {
            "the endpoint failed while handling the request: see the answer, or ask its owner for the log"
        }
        _ => return None,
    })
}

/// Whether to try again (RFC 9110 sections 15.5.9 and 15.6; RFC 6585 section 4). `submitted`: to the platform, which
/// answers 500 also to a P12 or password that it cannot use.
pub fn retry(status: StatusCode, submitted: bool) -> Retry {
    match status.as_u16() {
        500 if submitted => Retry::Never,
        425 | 429 => Retry::Yes,
        408 | 500 | 502..=504 => Retry::IfIdempotent,
        _ => Retry::Never,
    }
}
