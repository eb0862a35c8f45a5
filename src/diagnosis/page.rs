//! Certificates that are refused in HTTP instead of TLS, and answers that are not HTTP.

use super::alert::Reason;
use super::speech::{self, Says, Speech};
use super::{between, client, clock, handshake, unasked};
use crate::error::{Error, Kind};
use crate::evidence::Evidence;
use crate::exchange::Head;
use crate::foreign::Foreign;

/// How many bytes of a body are searched: past the styles of IIS's pages.
pub const EXCERPT: usize = 16 * 1024;

/// What an answer says about our certificate, if its status can be a refusal: 400 to 403, and nginx's 495 and 496; also
/// others, such as the 500 of SOAP's faults, if it speaks of a client certificate by that name.
pub fn read(head: &Head, excerpt: &Foreign) -> Option<Speech> {
    let speech = || speech::read(head, excerpt);
    match head.status.as_u16() {
        400..=403 | 495 | 496 => speech(),
        // A gateway speaks of the server behind it.
        502 | 504 | 520.. => None,
        // The path may be that of a certificate.
        404 => speech().filter(|speech| speech.names_client() && speech.says != Says::Missing),
        405.. => speech().filter(Speech::names_client),
        _ => None,
    }
}

/// What a success says against our certificate.
pub fn contradict(head: &Head, excerpt: &Foreign) -> Option<String> {
    let speech = speech::read(head, excerpt).filter(|_| head.status.is_success())?;
    speech.names_client().then(|| speech.quote(head))
}

/// The error for an answer that refuses or misses the certificate, or is from another host (421, RFC 9110
/// section 15.5.20).
pub fn explain(head: &Head, speech: Option<&Speech>, evidence: &Evidence) -> Option<Error> {
    let (says, what) = match (head.status.as_u16(), speech) {
        (421, _) => return Some(explain_misdirected(head, evidence)),
        (_, Some(speech)) => (speech.says, &*speech.quote(head)),
        (495, None) => {
            (Says::Refused, "495, nginx's status for a client certificate that failed verification")
        }
        (496, None) => (Says::Missing, "496, nginx's status for a missing client certificate"),
        _ => return None,
    };
    Some(match says {
        Says::Missing => explain_lost(head, evidence, what),
        _ => explain_rejected(head, says, evidence, what),
    })
}

fn explain_misdirected(head: &Head, evidence: &Evidence) -> Error {
    let (target, status) = (&evidence.target, head.describe_status());
    let message = format!("{target} answered {status}: it does not serve this host on this connection");
    Error::new(Kind::Misdirected, message).with_hint_if(unasked::name_hint(evidence, unasked::OTHER_HOST))
}

fn explain_rejected(head: &Head, says: Says, evidence: &Evidence, what: &str) -> Error {
    let target = &evidence.target;
    let message = match evidence.sent() {
        true => format!("{target} accepted the certificate in TLS and refused it in HTTP: {what}"),
        false => format!("{target} refused the certificate in HTTP: {what}"),
    };
    let why = client::why_refused(evidence, says.refusal());
    let untrusted =
        matches!((says, why.cause), (Says::Untrusted | Says::Refused, None | Some(Reason::NotAccepted)));
    let hint = match advise(head, says, evidence) {
        _ if untrusted && evidence.chain_left_out => client::LEAF_ONLY.to_owned(),
        Some(hint) if why.cause.is_none() => hint,
        _ => why.hint,
    };
    Error::new(Kind::CertificateRejected, format!("{message}{}", why.clause)).with_hint(hint)
}

/// What to do if nothing is wrong with the P12 by this machine's clock.
fn advise(head: &Head, says: Says, evidence: &Evidence) -> Option<String> {
    let subject = evidence.ours.as_ref().map_or("the certificate's subject", |ours| &ours.subject);
    Some(match says {
        Says::Revoked => "ask the certificate's CA whether it is revoked; if not, the endpoint cannot reach its CRL \
                          (revocation list), or has an old one: ask its owner"
            .into(),
        Says::Untrusted => "ask the endpoint's owner to trust the CA of the certificate, for the whole machine and not one \
                            user; IIS also says so where its store of roots holds a certificate that is no root"
            .into(),
        Says::NotAuthorized => format!("ask the endpoint's owner to give access to {subject}"),
        Says::Expired => return clock::explain_expired(head, evidence.ours.as_ref()?),
        Says::Purpose | Says::Missing | Says::Refused => return None,
    })
}

fn explain_lost(head: &Head, evidence: &Evidence, what: &str) -> Error {
    let target = &evidence.target;
    if evidence.submission.is_some() {
        let message = format!("{target}, through the platform, answered {what}");
        return Error::new(Kind::CertificateMissed, message).with_hint(
            "either the platform sent no certificate, or the endpoint lost it between TLS and the page; \
             --compare shows how it looks from here",
        );
    }
    if !evidence.sent() {
        let message = format!("{target} never asked for a certificate in TLS, and answered {what}");
        return Error::new(Kind::CertificateMissed, message).with_hint(unasked::FRONT);
    }
    let message = format!("the certificate was sent to {target}, which answered {what}");
    let hint = between::name_front(&head.headers)
        .map(|front| format!("{front}, where the certificate may stop: ask its owner how it is passed on"));
    Error::new(Kind::CertificateMissed, message).with_hint_if(hint)
}

/// An answer without a head, so HTTP/0.9 or no HTTP at all.
pub fn explain_headless(excerpt: &Foreign, evidence: &Evidence) -> Error {
    let target = &evidence.target;
    if let [_, _, _, SETTINGS, _, 0, 0, 0, 0, ..] = excerpt.bytes() {
        let hint = match evidence.offer.http2 {
            true => {
                "--http2 has offered HTTP/2, and the endpoint did not choose it by ALPN (RFC 9113 section 3.3): \
                 ask its owner to enable ALPN"
            }
            false => "--http2 offers HTTP/2",
        };
        let message = format!("{target} speaks HTTP/2 and nothing else");
        return Error::new(Kind::NoProtocol, message).with_hint(hint);
    }
    let line = excerpt.map(|text| {
        let line: String = text.lines().next().unwrap_or_default().chars().take(60).collect();
        line.trim().to_owned()
    });
    let said = if line.bytes().is_empty() { String::new() } else { format!("; it began with {line:?}") };
    let protocol = handshake::name_protocol(&line.text());
    let what = protocol.map_or_else(String::new, |protocol| format!("that is {protocol}: "));
    let more = match evidence.sent() {
        true => "; it took the certificate in TLS, and only a client of its protocol can test more",
        false => "",
    };
    Error::new(Kind::NotHttp, format!("{target} did not answer with HTTP{said}"))
        .with_hint(format!("{what}{}{more}", Kind::NotHttp.hint()))
}

/// The type of the first frame of an HTTP/2 server (RFC 9113 section 3.4).
const SETTINGS: u8 = 4;
