//! What each TLS alert means for our certificate: which flaws explain it, and what remains if none does.

use crate::certificate::Certificate;
use crate::checks::FlawKind;
use crate::error::Kind;

/// Why an endpoint may refuse our certificate, as far as this machine can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// A flaw of our chain.
    Flaw(FlawKind),
    /// Our chain does not lead to a CA that the endpoint named.
    NotAccepted,
}

/// How an endpoint says that it refuses our certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// By this alert, or by a page with its meaning.
    Alert(u8),
    /// By a page that gives no reason, such as nginx's.
    Unexplained,
}

impl Refusal {
    /// The alert of the same meaning; bad_certificate if there is no reason.
    fn as_alert(self) -> u8 {
        match self {
            Self::Alert(alert) => alert,
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
    /// Servers send other alerts for this cause.
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

/// These alerts do not name a cause. Servers with GnuTLS send 49 for every cause.
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

/// Whether our chain leads to a CA that the endpoint named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To a CA that the endpoint says it accepts, at the top of our chain.
    Accepted,
    /// To a CA that it says it accepts, and not to the root above that.
    Intermediate,
    /// To none of the CAs that it says it accepts.
    NotAccepted,
    /// Not known: the endpoint named no CAs.
    Unnamed,
    /// Not known: what the endpoint asked for is not seen, as through the platform.
    Unseen,
}

/// What alerts mean where no flaw of our chain explains them.
struct Left {
    alerts: &'static [u8],
    /// `None` where it makes no difference.
    reach: Option<Reach>,
    /// What is so; may be empty.
    clause: &'static str,
    hint: &'static str,
}

/// The first row that fits counts. In braces stand facts of our chain.
const LEFT: &[Left] = &[
    Left {
        alerts: &[44],
        reach: None,
        clause: "",
        hint: "ask its CA whether it was revoked, and why: if it was, only a new certificate helps; if not, the endpoint's CRL or OCSP responder is wrong or cannot be reached from there",
    },
    Left {
        alerts: &[45],
        reach: None,
        clause: "by this machine's clock all certificates in the P12 are valid",
        hint: "the fault is most likely at the endpoint, so ask its owner for the log: a CRL that is out of date, a CA certificate there that has expired, or, least likely, a wrong clock there (the P12's certificate is valid until {until})",
    },
    Left {
        alerts: &[51],
        reach: None,
        clause: "a signature did not verify there",
        hint: "most likely the endpoint has a CA certificate named {issuer} with another key than the one that signed: its owner must replace that one; show them the P12's certificate (SHA-256 {sha256})",
    },
    Left {
        alerts: &[40, 42, 46, 48],
        reach: Some(Reach::Intermediate),
        clause: "its chain leads to a CA that the endpoint accepts by name, and not to the root above that",
        hint: "most likely the endpoint trusts that CA without its root {issuer}, and servers built on OpenSSL want both: ask its owner to trust {issuer} too; otherwise the log there tells: a CA certificate of an accepted name with another key, a chain that is longer than the endpoint allows (nginx: ssl_verify_depth), a CRL that is missing or out of date, or a revoked certificate",
    },
    Left {
        alerts: &[46],
        reach: Some(Reach::Accepted),
        clause: REACHED,
        hint: "the fault is most likely at the endpoint, so ask its owner for the log: a CRL that is out of date (Apache says so in this way), a revoked certificate, a CA certificate of that name with another key, or a chain that is longer than the endpoint allows",
    },
    Left {
        alerts: &[40],
        reach: Some(Reach::Accepted),
        clause: REACHED,
        hint: "the fault is most likely at the endpoint, so ask its owner for the log: an OCSP responder that the endpoint cannot reach or a check of its own (servers built on OpenSSL say so in this way), a CA certificate of that name with another key, a chain that is longer than the endpoint allows, a CRL that is missing or out of date, or a revoked certificate",
    },
    Left {
        alerts: &[42, 48],
        reach: Some(Reach::Accepted),
        clause: REACHED,
        hint: "the fault is most likely at the endpoint, so ask its owner for the log: a CA certificate of that name with another key, an intermediate that is trusted without its root, a chain that is longer than the endpoint allows (nginx: ssl_verify_depth), a CRL that is missing or out of date, or a revoked certificate",
    },
    Left { alerts: &[48], reach: None, clause: "{end}", hint: "{trust}" },
    Left {
        alerts: &[43],
        reach: None,
        clause: "nothing was found in it that explains this",
        hint: "ask the endpoint's owner what it wants of a client certificate: key type, key usage, extended key usage, policies",
    },
    Left { alerts: &[49], reach: Some(Reach::Accepted), clause: "", hint: DENIED },
    Left { alerts: &[49], reach: Some(Reach::Intermediate), clause: "", hint: DENIED },
    Left {
        alerts: &[49],
        reach: None,
        clause: "",
        hint: "either the certificate is valid there but not authorized: ask the endpoint's owner to authorize {leaf}; or, where the server is built on GnuTLS, which sends this alert for every cause, it is not trusted there: {trust}",
    },
    Left {
        alerts: &[114],
        reach: None,
        clause: "the endpoint expects another certificate (it pins them)",
        hint: "ask its owner to pin this certificate: SHA-256 {sha256}",
    },
    Left {
        alerts: &[116],
        reach: None,
        clause: "the endpoint says that none came, and one was sent",
        hint: "ask the endpoint's owner for the log: something there lost the certificate or did not accept it",
    },
    Left {
        alerts: &[40, 42, 46],
        reach: Some(Reach::Unnamed),
        clause: "the endpoint named no CAs that it accepts, and {end}",
        hint: UNKNOWN,
    },
    Left { alerts: &[40, 42, 46], reach: None, clause: "", hint: UNKNOWN },
];

const REACHED: &str = "its chain leads to a CA that the endpoint accepts by name";

const DENIED: &str = "either the certificate is valid there but not authorized: ask the endpoint's owner to authorize {leaf}; or, where the server is built on GnuTLS, which sends this alert for every cause: a CA certificate of the accepted name with another key, a CRL that is out of date, or a revoked certificate";

const UNKNOWN: &str = "no reason is given, so ask the endpoint's owner for the log: the CA may not be trusted there, the chain may be longer than the endpoint allows (nginx: ssl_verify_depth), the certificate may be revoked or its status not be known there (CRL, OCSP), or it may not be on the endpoint's list";

const ASK: &str =
    "ask the endpoint's owner for the log, which CA it trusts and whether this certificate is on its list";

/// What a refusal means where no flaw of our chain explains it: a clause, which may be empty, and what to do.
pub(super) fn left(refusal: Refusal, reach: Reach, chain: &[&Certificate]) -> (String, String) {
    let fits = |row: &&Left| {
        row.alerts.contains(&refusal.as_alert()) && row.reach.is_none_or(|wanted| wanted == reach)
    };
    let (Some(row), Some(leaf), Some(last)) = (LEFT.iter().find(fits), chain.first(), chain.last()) else {
        return (String::new(), ASK.to_owned());
    };
    let (end, trust) = (end(last), trust(last, may_lack_one(chain)));
    let facts = [
        ("{end}", &end),
        ("{trust}", &trust),
        ("{leaf}", &leaf.subject),
        ("{issuer}", &last.issuer),
        ("{until}", &leaf.not_after),
        ("{sha256}", &leaf.sha256),
    ];
    let fill = |text: &str| facts.iter().fold(text.to_owned(), |text, (name, fact)| text.replace(name, fact));
    (fill(row.clause), fill(row.hint))
}

/// What our chain leads to.
pub(super) fn end(last: &Certificate) -> String {
    let Certificate { subject, issuer, .. } = last;
    match last.is_self_issued() {
        true => format!("the P12's chain leads to the root {subject}"),
        false => format!("the P12's chain ends with {subject}, issued by {issuer}"),
    }
}

/// Whether an intermediate is most likely missing above our leaf: no CA is in the P12, and the one above is not called a
/// root.
pub(super) fn may_lack_one(chain: &[&Certificate]) -> bool {
    matches!(chain, [leaf] if !leaf.issuer.to_lowercase().contains("root"))
}

/// Whom to trust, or what is missing.
fn trust(last: &Certificate, may_lack_one: bool) -> String {
    let Certificate { subject, issuer, .. } = last;
    match (last.is_self_issued(), may_lack_one) {
        (true, _) => format!("ask the endpoint's owner to trust {subject}, or which CAs are trusted there"),
        (false, true) => format!(
            "either the P12 lacks an intermediate certificate above {subject} (export it with its whole chain), or the endpoint does not trust {issuer}: ask its owner which CA is trusted there"
        ),
        (false, false) => {
            format!("ask the endpoint's owner whether {issuer} is trusted there; {NO_ROOT}")
        }
    }
}

/// Of the CA above the P12's chain, which may be no root.
pub(super) const NO_ROOT: &str = "if that is no root, its certificate is missing there or in the P12";
