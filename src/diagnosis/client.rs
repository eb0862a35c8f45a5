//! The endpoint and our certificate: refused, missed, or left without a word; and what in the P12 may be why.

use crate::certificate::{Certificate, KeyKind, Usage};
use crate::checks::{self, Defect, Flaw, Purpose};
use crate::error::{Error, Kind, Retry};
use crate::evidence::{Evidence, Message};

/// Something that was read from our own certificate or from the endpoint's request, and that may be why.
pub struct Suspect {
    /// The kind that an alert of its own would have.
    cause: Kind,
    /// The fact, as a clause.
    pub fact: String,
    /// What to do about it.
    pub hint: String,
}

/// What may be wrong with our certificate in the endpoint's eyes, the likeliest first.
pub fn suspects(evidence: &Evidence) -> Vec<Suspect> {
    let Some(ours) = &evidence.ours else { return Vec::new() };
    let chain: Vec<_> = std::iter::once(ours).chain(&evidence.our_chain).collect();
    let flaws = checks::flaws(&chain, Purpose::Client);
    let (weak, others): (Vec<_>, Vec<_>) = flaws.into_iter().partition(|flaw| flaw.defect.is_weakness());
    let suspects = |flaws: Vec<Flaw>| {
        let known = |flaw: Flaw| chain.get(flaw.at).map(|culprit| suspect(flaw, culprit));
        flaws.into_iter().filter_map(known).collect::<Vec<_>>()
    };
    let mut all = suspects(others);
    all.extend(issuer(evidence, ours));
    all.extend(suspects(weak));
    all
}

/// A flaw of our chain as something that may be why.
fn suspect(flaw: Flaw, culprit: &Certificate) -> Suspect {
    let Certificate { subject, not_before, not_after, usages, key_bits, signature, .. } = culprit;
    let own = flaw.at == 0;
    let (cause, fact, hint) = match flaw.defect {
        Defect::Expired if own => (
            Kind::ClientExpired,
            format!("the P12's certificate expired on {not_after}"),
            "renew the certificate, and export it with its key and chain as a new P12",
        ),
        Defect::Expired => (
            Kind::ClientExpired,
            format!("the P12 holds an expired CA certificate: {subject}, until {not_after}"),
            "ask the CA for its new certificate, and export the P12 with that one in its chain",
        ),
        Defect::NotYetValid => (
            Kind::ClientExpired,
            match own {
                true => format!("the P12's certificate is not valid before {not_before}"),
                false => {
                    format!("the P12 holds a CA certificate that is not valid before {not_before}: {subject}")
                }
            },
            "wait until it is valid, or ask its CA for one that is; check this machine's clock too",
        ),
        Defect::WrongPurpose => (
            Kind::ClientUnsupported,
            format!(
                "the P12's certificate is for {} and not for client authentication",
                usages
                    .as_deref()
                    .filter(|usages| !usages.is_empty())
                    .map_or_else(|| "something else".into(), Usage::list)
            ),
            "ask its CA for a certificate with the extended key usage clientAuth",
        ),
        Defect::AuthorityAsLeaf => (
            Kind::ClientUnsupported,
            "the P12's certificate is that of a CA, and not a client's".to_owned(),
            "ask that CA to issue a certificate for the client, and export that one",
        ),
        Defect::SmallKey => (
            Kind::ClientRefused,
            match own {
                true => format!("the P12's key has only {key_bits} bits"),
                false => {
                    format!("the P12 holds a CA certificate whose key has only {key_bits} bits: {subject}")
                }
            },
            STRONGER,
        ),
        Defect::BrokenDigest(_) => (
            Kind::ClientRefused,
            match own {
                true => format!("the P12's certificate is signed with {signature}"),
                false => format!("the P12 holds a CA certificate that is signed with {signature}: {subject}"),
            },
            STRONGER,
        ),
    };
    Suspect { cause, fact, hint: hint.to_owned() }
}

const STRONGER: &str = "ask its CA for a certificate with a key of at least 2048 bits and SHA-256";

/// Whether our chain leads to a CA that the endpoint named.
fn issuer(evidence: &Evidence, ours: &Certificate) -> Option<Suspect> {
    let asked = evidence.requests.last().filter(|asked| asked.ours_accepted == Some(false))?;
    let last = evidence.our_chain.last().unwrap_or(ours);
    let accepted = asked.issuers.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
    let more = if asked.issuers.len() > 3 { " and others" } else { "" };
    let whole = last.subject == last.issuer;
    let fact = if whole {
        format!("its chain leads to {}, which is not among the CAs that the endpoint accepts", last.subject)
    } else {
        format!(
            "its chain ends with {}, issued by {}, which is not among the CAs that the endpoint accepts",
            last.subject, last.issuer
        )
    };
    let fix = if whole {
        "ask its owner to trust that CA"
    } else {
        "either the P12 lacks an intermediate certificate (export it with its whole chain), or the endpoint's owner has to trust that CA"
    };
    let hint = format!("{fix}; it accepts {accepted}{more}");
    Some(Suspect { cause: Kind::ClientUnknownCa, fact, hint })
}

/// An alert after a certificate was asked for.
pub(super) fn refusal(evidence: &Evidence) -> Option<Error> {
    let code = evidence.alert().filter(|_| evidence.answered_request())?;
    let alert = Message::Alert(code).name();
    Some(match (evidence.sent(), code) {
        (true, 40..=46 | 48 | 49 | 51 | 116) => refused(evidence, refused_kind(code), &alert),
        (true, _) => unclear(evidence, &format!("ended the connection with {alert}")),
        (false, 40..=46 | 48 | 49 | 116) => missed(evidence, &alert, true),
        (false, _) => missed(evidence, &alert, false),
    })
}

/// What each alert says of the certificate (RFC 8446 section 6.2).
fn refused_kind(code: u8) -> Kind {
    match code {
        43 => Kind::ClientUnsupported,
        44 => Kind::ClientRevoked,
        45 => Kind::ClientExpired,
        48 => Kind::ClientUnknownCa,
        49 => Kind::ClientDenied,
        _ => Kind::ClientRefused,
    }
}

fn refused(evidence: &Evidence, kind: Kind, alert: &str) -> Error {
    let mut suspects = suspects(evidence);
    suspects.sort_by_key(|suspect| suspect.cause != kind);
    let error = |rest: &str| {
        let message = format!("{} refused the client certificate: {alert}{rest}", evidence.target);
        Error::new(kind, message)
    };
    match (suspects.first(), &evidence.ours) {
        // Two alerts leave the cause open: the general ones by themselves, and access_denied as GnuTLS sends it for
        // every fault.
        (Some(suspect), _)
            if suspect.cause == kind || matches!(kind, Kind::ClientRefused | Kind::ClientDenied) =>
        {
            error(&format!("; {}", suspect.fact)).with_hint(suspect.hint.clone())
        }
        (Some(suspect), _) => error(&format!("; besides, {}", suspect.fact)),
        (None, Some(ours)) if kind == Kind::ClientExpired => {
            error(&format!("; by this machine's clock it is valid until {}", ours.not_after))
        }
        (None, Some(ours)) if kind == Kind::ClientUnknownCa => {
            let last = evidence.our_chain.last().unwrap_or(ours);
            error(&format!("; its chain ends with {}, issued by {}", last.subject, last.issuer))
        }
        (None, _) => error(""),
    }
}

/// An end without a word after a certificate was asked for: servers such as Node and Java refuse this way.
pub(super) fn ended(evidence: &Evidence) -> Option<Error> {
    match (evidence.answered_request(), evidence.sent()) {
        (false, _) => None,
        (true, true) => Some(unclear(evidence, "ended the connection without an alert or an answer")),
        (true, false) => {
            Some(missed(evidence, "it ended the connection without an alert or an answer", false))
        }
    }
}

/// It may be the certificate, and it may be something else.
fn unclear(evidence: &Evidence, how: &str) -> Error {
    let target = &evidence.target;
    let when = match evidence.tls {
        Some(_) => "after the handshake, in which the client certificate was sent",
        None => "after the client certificate was sent",
    };
    let error = |why: &str| Error::new(Kind::ClientRefusedOrReset, format!("{target} {how} {when}: {why}"));
    match suspects(evidence).first() {
        Some(suspect) => {
            let why = format!("most likely it refused the certificate, as {}", suspect.fact);
            error(&why).with_hint(suspect.hint.clone()).with_retry(Retry::Never, None)
        }
        None if chose_no_protocol(evidence) => {
            error(&format!("it refused the certificate, or it broke; {NO_PROTOCOL}"))
                .with_hint(format!("{}; or {NO_PROTOCOL_HINT}", Kind::ClientRefusedOrReset.hint()))
        }
        None => error("it refused the certificate, or it broke"),
    }
}

/// Whether ALPN was left unanswered (RFC 7301 section 3.2).
pub(super) fn chose_no_protocol(evidence: &Evidence) -> bool {
    evidence.tls.as_ref().is_some_and(|tls| tls.alpn.is_none())
}

pub(super) const NO_PROTOCOL: &str = "it also chose no protocol by ALPN, as servers of HTTP/2 alone do";
pub(super) const NO_PROTOCOL_HINT: &str = "--http2 offers HTTP/2 as well, to see";

/// A certificate was asked for and none was sent: there is none (a control call), or its key does not fit. Whether that is
/// why the endpoint ended the connection is `sure` only where it said so.
fn missed(evidence: &Evidence, how: &str, sure: bool) -> Error {
    let insists = match sure {
        true => "insists on a client certificate",
        false => "asked for a client certificate, and most likely insists on it",
    };
    let (kind, why) = match &evidence.ours {
        None => (Kind::ClientRequired, "none was sent".to_owned()),
        Some(_) => (Kind::ClientKeyUnfit, format!("ours was not sent, as {}", unfit(evidence))),
    };
    Error::new(kind, format!("{} {insists}; {why}: {how}", evidence.target))
}

/// Why OpenSSL answered a request for a certificate with none.
pub fn unfit(evidence: &Evidence) -> String {
    let key = evidence.ours.as_ref().map_or(&KeyKind::Unreadable, |ours| &ours.key);
    let takes = evidence.requests.last().map(|asked| asked.algorithms.join(", ")).unwrap_or_default();
    match takes.as_str() {
        "" => format!("its key ({key}) fits no signature algorithm that the endpoint takes"),
        takes => {
            format!("its key ({key}) fits none of the signature algorithms that the endpoint takes ({takes})")
        }
    }
}
