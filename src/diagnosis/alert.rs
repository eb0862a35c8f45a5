//! What each TLS alert says of our certificate: which flaws explain it, and what is left where none does.

use crate::certificate::Certificate;
use crate::checks::FlawKind;
use crate::error::Kind;

/// Why an endpoint may refuse our certificate, as far as that can be seen from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// A flaw of our chain.
    Flaw(FlawKind),
    /// Our chain leads to none of the CAs that the endpoint named.
    NotAccepted,
}

/// How an endpoint says that it refuses our certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// By an alert.
    Alert(u8),
    /// By a page that says what this alert says.
    Page(u8),
    /// By a page that gives no reason, such as nginx's.
    Unexplained,
}

impl Refusal {
    /// The alert that says the same; bad_certificate says nothing.
    fn as_alert(self) -> u8 {
        match self {
            Self::Alert(alert) | Self::Page(alert) => alert,
            Self::Unexplained => 42,
        }
    }
}

/// How well a cause explains an alert, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// Servers send this alert for this cause.
    Explains,
    /// The alert names no cause, so it may be this one.
    MayExplain,
    /// Servers send other alerts for it.
    Besides,
}

/// Whether servers refuse in this way for this cause: seen with OpenSSL, rustls, Go, JSSE, GnuTLS and BoringSSL.
pub(super) fn fit(refusal: Refusal, cause: Reason) -> Fit {
    use FlawKind as F;
    if refusal == Refusal::Unexplained {
        return Fit::MayExplain;
    }
    let alert = refusal.as_alert();
    let Reason::Flaw(kind) = cause else {
        return match alert {
            48 => Fit::Explains,
            _ if is_general(alert) => Fit::MayExplain,
            _ => Fit::Besides,
        };
    };
    match (alert, kind) {
        (45, F::Expired | F::NotYetValid)
        | (42, F::NotYetValid | F::ExplicitCurve | F::WrongSignature | F::UnknownCritical)
        | (42 | 43 | 48, F::SmallKey | F::BrokenDigest(_))
        | (43, F::WrongPurpose | F::AnyPurposeAlone | F::NoDigitalSignature | F::KeyAgreementAlone)
        | (43, F::NetscapeType | F::AuthorityAsLeaf | F::UnusualKey)
        | (46, F::NameConstraints | F::UnknownCritical | F::Invalid(_))
        | (47 | 50, F::ExplicitCurve | F::UnusualKey)
        | (48, F::SelfSigned | F::NotAnAuthority | F::PathLength | F::WrongSignature | F::LongChain)
        | (51, F::WrongSignature) => Fit::Explains,
        (_, F::LongChain) => Fit::Besides,
        _ if is_general(alert) => Fit::MayExplain,
        _ => Fit::Besides,
    }
}

/// These name no cause; GnuTLS's servers send 49 for all of them.
fn is_general(alert: u8) -> bool {
    matches!(alert, 40 | 42 | 46 | 49)
}

/// Whether an alert refuses a certificate that was sent.
pub(super) fn refuses(alert: u8) -> bool {
    matches!(alert, 40..=46 | 48 | 49 | 51 | 113 | 114 | 116)
}

/// The kind of a refusal by this alert; `best` is the cause that explains it.
pub(super) fn kind(alert: u8, best: Option<Reason>) -> Kind {
    match (alert, best) {
        (43, _) => Kind::ClientUnsupported,
        (44, _) => Kind::ClientRevoked,
        (45, Some(Reason::Flaw(FlawKind::Expired))) => Kind::ClientExpired,
        (45, Some(Reason::Flaw(FlawKind::NotYetValid))) => Kind::ClientNotYetValid,
        (48, _) => Kind::ClientUnknownCa,
        (49 | 114, _) => Kind::ClientDenied,
        _ => Kind::ClientRefused,
    }
}

/// How far our chain leads in the endpoint's eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To a CA that the endpoint says it accepts.
    Accepted,
    /// To none of those that it says it accepts.
    NotAccepted,
    /// Nobody knows: the endpoint named no CAs.
    Unnamed,
}

/// What an alert means where no flaw of our chain explains it: a clause, which may be empty, and what to do.
pub(super) fn left(refusal: Refusal, reach: Reach, chain: &[&Certificate]) -> (String, String) {
    let (Some(leaf), Some(last)) = (chain.first(), chain.last()) else {
        return (String::new(), ASK.to_owned());
    };
    let depth =
        if chain.len() > 1 { "a limit on the chain's length (nginx: ssl_verify_depth), " } else { "" };
    let (clause, hint) = match (refusal.as_alert(), reach) {
        (44, _) => ("", "ask its CA whether it was revoked, and why: if it was, only a new certificate helps; if not, the endpoint's CRL or OCSP responder is wrong or cannot be reached from there".to_owned()),
        (45, _) => ("by this machine's clock all certificates in the P12 are valid", format!(
            "the fault is most likely at the endpoint, so ask its owner for the log: a CRL that is out of date, or a CA certificate there that has expired; its clock last (the P12's certificate is valid until {})", leaf.not_after
        )),
        (51, _) => ("a signature did not verify there", format!(
            "most likely the endpoint has a CA certificate named {} with another key than the one that signed: its owner must replace that one; show them the P12's certificate (SHA-256 {})", last.issuer, leaf.sha256
        )),
        (40 | 42 | 46 | 48, Reach::Accepted) => (REACHES, format!(
            "the fault is most likely at the endpoint, so ask its owner for the log: a CA certificate of that name with another key, an intermediate that is trusted without its root, {depth}a CRL that is missing or out of date, or a revoked certificate"
        )),
        (48, _) => return untrusted(last),
        (43, _) => ("nothing was found in it that explains this", "ask the endpoint's owner what it wants of a client certificate: key type, key usage, extended key usage, policies".to_owned()),
        (49, _) => ("", format!(
            "either the certificate is valid there but not authorized: ask the endpoint's owner to authorize {}; or, where the server is built on GnuTLS, its CA is not trusted there", leaf.subject
        )),
        (114, _) => ("the endpoint expects another certificate (it pins them)", format!(
            "ask its owner to pin this certificate: SHA-256 {}", leaf.sha256
        )),
        (116, _) => ("though it was sent", "ask the endpoint's owner for the log: something there lost the certificate or did not accept it".to_owned()),
        (40 | 42 | 46, _) => ("", format!(
            "no reason is given, so ask the endpoint's owner for the log: the CA may not be trusted there, {depth}the certificate may be revoked or its status not be known there (CRL, OCSP), or it may not be on the endpoint's list"
        )),
        _ => ("", ASK.to_owned()),
    };
    (clause.to_owned(), hint)
}

const REACHES: &str = "its chain leads to a CA that the endpoint accepts by name";
const ASK: &str =
    "ask the endpoint's owner for the log, which CA it trusts and whether this certificate is on its list";

/// The endpoint named no CAs; our chain ends with this certificate.
pub(super) fn untrusted(last: &Certificate) -> (String, String) {
    let Certificate { subject, issuer, .. } = last;
    if last.is_self_issued() {
        let clause = format!("its chain leads to the root {subject}");
        return (
            clause,
            format!("ask the endpoint's owner to trust {subject}, or which CAs are trusted there"),
        );
    }
    let clause = format!("its chain ends with {subject}, issued by {issuer}");
    let hint = format!(
        "either the endpoint does not trust {issuer}, or a CA certificate above {subject} is missing from the P12: ask the owner which CA is trusted there, and export the P12 with its whole chain"
    );
    (clause, hint)
}
