//! The endpoint answered and never asked for a certificate: possible causes, and what to do.

use http::StatusCode;

use super::speech::Speech;
use super::{between, status};
use crate::error::{Error, Kind};
use crate::evidence::Evidence;
use crate::exchange::Head;

/// The error for such an answer. `speech` is what it says about certificates.
pub fn explain(head: &Head, speech: Option<&Speech>, evidence: &Evidence) -> Error {
    let answered = speech.map(|speech| speech.quote(head) + ",");
    let answered = answered.unwrap_or_else(|| head.describe_status());
    let message = format!(
        "{} answered {answered} but never asked for a certificate: the P12 was not tested",
        evidence.target,
    );
    let error = Error::new(Kind::NotRequested, message);
    let sure = (head.status == StatusCode::PAYLOAD_TOO_LARGE).then(|| LATE.to_owned());
    if let Some(hint) = sure.or_else(|| between::inspection_hint(evidence)) {
        return error.with_hint(hint);
    }
    let mut causes = find_causes(head, speech, evidence);
    causes.truncate(MAX_CAUSES);
    causes.push(Kind::NotRequested.hint().to_owned());
    error.with_hint(causes.join("; or "))
}

/// How many causes a hint names, beside the usual one.
const MAX_CAUSES: usize = 2;

/// What was observed that can be the cause, the most likely first, each with what to do.
fn find_causes(head: &Head, speech: Option<&Speech>, evidence: &Evidence) -> Vec<String> {
    let code = head.status.as_u16();
    let wants_more = code == 401 && speech.is_none();
    let of_request = status::of_request(head.status).or_else(|| wants_more.then_some(authorize(evidence)));
    let front = between::name_front(&head.headers);
    let fronted = front.is_some();
    let causes = [
        name_hint(evidence, OTHER_HOST),
        evidence.proxy.as_ref().map(|proxy| {
            format!("the proxy {proxy} ends TLS itself, so that the endpoint never sees this connection")
        }),
        of_request.map(str::to_owned),
        (matches!(code, 401 | 403) || speech.is_some()).then(|| too_late(evidence)).flatten(),
        front
            .map(|front| format!("{front}, and the certificate may stop there: ask whether it asks for one")),
        speech.filter(|_| !fronted).map(|_| FRONT.to_owned()),
    ];
    causes.into_iter().flatten().collect()
}

/// Apache and IIS ask for the certificate after they have read the body into a buffer of limited size.
const LATE: &str = "the endpoint may ask for the certificate only after the request's body, which is too large for that \
    (Apache's SSLRenegBufferSize, IIS's uploadReadAheadSize): a call without the body shows what becomes of the certificate, \
    and the endpoint's owner can raise the limit";

fn authorize(evidence: &Evidence) -> &'static str {
    match evidence.given.authorization {
        true => "the endpoint may not accept the Authorization that was sent: check its value and scheme",
        false => "the endpoint may want an Authorization header first: give it with --authorization-file",
    }
}

pub(super) const FRONT: &str = "a proxy or load balancer in front of the endpoint ends TLS without asking for a certificate: \
    ask its owner to enable client certificates there";

/// The effect of a name that was not sent.
pub(super) const OTHER_HOST: &str = " and another host of the server may have answered";

/// A hint for a URL with an address, which is not sent as a host name (RFC 6066 section 3). `effect` says
/// what that causes.
pub(super) fn name_hint(evidence: &Evidence, effect: &str) -> Option<String> {
    let address = evidence.address.filter(|_| evidence.offer.name.is_none())?;
    Some(format!(
        "the URL holds an address, so no host name was sent in TLS (SNI){effect}: \
         use the name in the URL, with --resolve NAME:{}:{}",
        address.port(),
        address.ip()
    ))
}

/// A server that asks for a certificate after the request cannot do so over HTTP/2 (RFC 8740), nor over TLS
/// 1.3 without post-handshake authentication, which Java lacks.
fn too_late(evidence: &Evidence) -> Option<String> {
    let tls = evidence.tls.as_ref()?;
    let newest = tls.version == "TLSv1.3" && evidence.offer.tls13;
    let what = match (newest, tls.alpn.as_deref() == Some("h2")) {
        (true, true) => "--tls-max 1.2 without --http2",
        (true, false) => "--tls-max 1.2",
        (false, true) => "the call without --http2",
        (false, false) => return None,
    };
    Some(format!(
        "the server may ask only after it has read the request, which Tomcat with CLIENT-CERT and IIS cannot do over TLS 1.3 \
         or HTTP/2: try {what}"
    ))
}
