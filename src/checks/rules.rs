//! The rules of RFC 5280 and of TLS for each certificate of a chain.

use openssl::x509::X509KeyUsage;

use super::flaw::{Flaw, FlawKind, Role};
use crate::certificate::{Certificate, KeyKind, Usage};

/// The broken rules of each certificate.
pub(super) fn flaws(chain: &[&Certificate], role: Role) -> Vec<Flaw> {
    let of_one = |(at, certificate): (usize, &&Certificate)| {
        let by_place = match at {
            0 => leaf(certificate, role, chain.len() == 1),
            _ => authority(certificate, at),
        };
        let all = [
            validity(certificate),
            wrong_purpose(certificate, role),
            (!certificate.unknown_critical.is_empty()).then_some(FlawKind::UnknownCritical),
            key_kind(certificate),
            small_key(certificate),
            broken_digest(certificate),
        ];
        all.into_iter().chain(by_place).flatten().map(move |kind| Flaw { kind, at })
    };
    let mut flaws: Vec<_> = chain.iter().enumerate().flat_map(of_one).collect();
    flaws.extend(long_chain(chain).filter(|_| role == Role::Client));
    flaws
}

fn leaf(certificate: &Certificate, role: Role, alone: bool) -> [Option<FlawKind>; 4] {
    [
        (alone && certificate.is_self_issued()).then_some(FlawKind::SelfSigned),
        certificate.authority.then_some(FlawKind::AuthorityAsLeaf),
        key_usage(certificate).filter(|_| role == Role::Client),
        certificate.netscape_type.and_then(|kind| netscape_type(kind, role)),
    ]
}

/// The certificates between this one and the leaf count for the path length. Those that a CA issued to itself
/// do not count, but real chains do not have two of them.
fn authority(certificate: &Certificate, at: usize) -> [Option<FlawKind>; 4] {
    let may_sign = certificate.key_usage.is_none_or(|usage| usage.contains(X509KeyUsage::KEY_CERT_SIGN));
    // A root older than X.509 version 3 has no extensions that say that it is a CA.
    let is_old_root = certificate.is_self_issued() && certificate.key_usage.is_none();
    let is_authority = (certificate.authority || is_old_root) && may_sign;
    let below = u32::try_from(at - 1).unwrap_or(u32::MAX);
    let too_long = certificate.path_length.is_some_and(|allowed| below > allowed);
    [
        (!is_authority).then_some(FlawKind::NotAnAuthority),
        too_long.then_some(FlawKind::PathLength),
        None,
        None,
    ]
}

fn validity(certificate: &Certificate) -> Option<FlawKind> {
    if certificate.days_left < 0 {
        return Some(FlawKind::Expired);
    }
    certificate.not_yet_valid.then_some(FlawKind::NotYetValid)
}

/// OpenSSL wants the purpose by name in every certificate with an extended key usage.
fn wrong_purpose(certificate: &Certificate, role: Role) -> Option<FlawKind> {
    let usages = certificate.usages.as_ref()?;
    let wanted = match role {
        Role::Client => Usage::ClientAuth,
        Role::Server => Usage::ServerAuth,
    };
    match (usages.contains(&wanted), usages.contains(&Usage::Any)) {
        (true, _) => None,
        (false, true) => Some(FlawKind::AnyPurposeAlone),
        (false, false) => Some(FlawKind::WrongPurpose),
    }
}

fn key_usage(certificate: &Certificate) -> Option<FlawKind> {
    let usage = certificate.key_usage?;
    let has = |wanted| usage.contains(wanted);
    match (has(X509KeyUsage::DIGITAL_SIGNATURE), has(X509KeyUsage::KEY_AGREEMENT)) {
        (true, _) => None,
        (false, true) => Some(FlawKind::KeyAgreementAlone),
        (false, false) => Some(FlawKind::NoDigitalSignature),
    }
}

fn netscape_type(kind: u8, role: Role) -> Option<FlawKind> {
    let wanted = match role {
        Role::Client => 0x80,
        Role::Server => 0x40,
    };
    (kind & wanted == 0).then_some(FlawKind::NetscapeType)
}

fn key_kind(certificate: &Certificate) -> Option<FlawKind> {
    match &certificate.key {
        KeyKind::Ec(curve) if curve.explicit => Some(FlawKind::ExplicitCurve),
        KeyKind::Ec(curve) => (!curve.is_for_tls()).then_some(FlawKind::UnusualKey),
        KeyKind::Dsa(_) | KeyKind::Other(_) => Some(FlawKind::UnusualKey),
        _ => None,
    }
}

fn small_key(certificate: &Certificate) -> Option<FlawKind> {
    let smallest = match certificate.key {
        KeyKind::Rsa(_) | KeyKind::RsaPss(_) | KeyKind::Dsa(_) => 2048,
        KeyKind::Ec(_) => 224,
        _ => 0,
    };
    // Zero bits mean that the key cannot be read.
    (1..smallest).contains(&certificate.key_bits).then_some(FlawKind::SmallKey)
}

/// The signature of a root on itself proves nothing, so it is not checked.
fn broken_digest(certificate: &Certificate) -> Option<FlawKind> {
    let digest = certificate.signature.broken_digest()?;
    (!certificate.is_self_issued()).then_some(FlawKind::BrokenDigest(digest))
}

/// By default, nginx accepts one CA certificate between leaf and root (ssl_verify_depth).
fn long_chain(chain: &[&Certificate]) -> impl Iterator<Item = Flaw> {
    let between = chain.iter().skip(1).filter(|certificate| !certificate.is_self_issued()).count();
    (between > 1).then_some(Flaw { kind: FlawKind::LongChain, at: between }).into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::Curve;

    fn sound() -> Certificate {
        let key = KeyKind::Rsa(2048);
        Certificate { issuer: "CN=CA".into(), days_left: 9, key, key_bits: 2048, ..Certificate::default() }
    }

    fn ca() -> Certificate {
        Certificate { subject: "CN=CA".into(), issuer: "CN=Root".into(), authority: true, ..sound() }
    }

    fn of(chain: &[&Certificate]) -> Vec<(usize, FlawKind)> {
        flaws(chain, Role::Client).into_iter().map(|flaw| (flaw.at, flaw.kind)).collect()
    }

    #[test]
    fn what_breaks_no_rule_has_no_flaw() {
        assert_eq!(of(&[&sound(), &ca()]), []);
        let root = Certificate { issuer: "CN=CA".into(), ..ca() };
        assert_eq!(of(&[&sound(), &ca(), &root]), []);
        let both = Certificate { usages: Some(vec![Usage::Any, Usage::ClientAuth]), ..sound() };
        assert_eq!(of(&[&both]), []);
        let signs = Certificate { key_usage: Some(X509KeyUsage::DIGITAL_SIGNATURE), ..sound() };
        assert_eq!(of(&[&signs]), []);
    }

    #[test]
    fn each_rule_is_asked_of_the_leaf() {
        let curve = |oid: &str, explicit| Certificate {
            key: KeyKind::Ec(Curve { oid: Some(oid.into()), explicit }),
            key_bits: 256,
            ..sound()
        };
        for (leaf, kind) in [
            (Certificate { days_left: -1, ..sound() }, FlawKind::Expired),
            (Certificate { not_yet_valid: true, ..sound() }, FlawKind::NotYetValid),
            (Certificate { subject: "CN=CA".into(), ..sound() }, FlawKind::SelfSigned),
            (Certificate { usages: Some(vec![Usage::ServerAuth]), ..sound() }, FlawKind::WrongPurpose),
            (Certificate { usages: Some(vec![]), ..sound() }, FlawKind::WrongPurpose),
            (Certificate { usages: Some(vec![Usage::Any]), ..sound() }, FlawKind::AnyPurposeAlone),
            (
                Certificate { key_usage: Some(X509KeyUsage::KEY_ENCIPHERMENT), ..sound() },
                FlawKind::NoDigitalSignature,
            ),
            (
                Certificate { key_usage: Some(X509KeyUsage::KEY_AGREEMENT), ..sound() },
                FlawKind::KeyAgreementAlone,
            ),
            (Certificate { netscape_type: Some(0x40), ..sound() }, FlawKind::NetscapeType),
            (Certificate { authority: true, ..sound() }, FlawKind::AuthorityAsLeaf),
            (Certificate { unknown_critical: vec!["1.2.3".into()], ..sound() }, FlawKind::UnknownCritical),
            (curve("1.2.840.10045.3.1.7", true), FlawKind::ExplicitCurve),
            (curve("1.3.132.0.10", false), FlawKind::UnusualKey),
            (Certificate { key: KeyKind::Dsa(2048), ..sound() }, FlawKind::UnusualKey),
            (Certificate { key: KeyKind::Rsa(1024), key_bits: 1024, ..sound() }, FlawKind::SmallKey),
        ] {
            assert_eq!(of(&[&leaf]), [(0, kind)]);
        }
    }

    #[test]
    fn each_rule_is_asked_of_the_authorities() {
        for (ca, kind) in [
            (Certificate { days_left: -1, ..ca() }, FlawKind::Expired),
            (Certificate { usages: Some(vec![Usage::ServerAuth]), ..ca() }, FlawKind::WrongPurpose),
            (Certificate { authority: false, ..ca() }, FlawKind::NotAnAuthority),
            (Certificate { key_usage: Some(X509KeyUsage::CRL_SIGN), ..ca() }, FlawKind::NotAnAuthority),
            (Certificate { key: KeyKind::Rsa(1024), key_bits: 1024, ..ca() }, FlawKind::SmallKey),
        ] {
            assert_eq!(of(&[&sound(), &ca]), [(1, kind)]);
        }
        let top = Certificate { path_length: Some(0), ..ca() };
        assert_eq!(of(&[&sound(), &top]), []);
        let long = of(&[&sound(), &ca(), &top]);
        assert_eq!(long, [(2, FlawKind::PathLength), (2, FlawKind::LongChain)]);
    }

    #[test]
    fn the_purpose_is_that_of_the_question() {
        let server = Certificate { usages: Some(vec![Usage::ServerAuth]), ..sound() };
        assert_eq!(flaws(&[&server], Role::Server), []);
    }
}
