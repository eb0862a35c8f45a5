//! The rules of RFC 5280 and of TLS that each certificate of a chain has to keep.

use openssl::x509::X509KeyUsage;

use super::flaw::{Defect, Flaw, Purpose};
use crate::certificate::{Certificate, KeyKind, Usage};

/// What breaks a rule, certificate by certificate.
pub(super) fn flaws(chain: &[&Certificate], purpose: Purpose) -> Vec<Flaw> {
    let of_one = |(at, certificate): (usize, &&Certificate)| {
        let by_place = match at {
            0 => leaf(certificate, purpose, chain.len() == 1),
            _ => authority(certificate, at),
        };
        let all = [
            validity(certificate),
            wrong_purpose(certificate, purpose),
            (!certificate.unknown_critical.is_empty()).then_some(Defect::UnknownCritical),
            key_kind(certificate),
            small_key(certificate),
            broken_digest(certificate),
        ];
        all.into_iter().chain(by_place).flatten().map(move |defect| Flaw { defect, at })
    };
    let mut flaws: Vec<_> = chain.iter().enumerate().flat_map(of_one).collect();
    flaws.extend(long_chain(chain).filter(|_| purpose == Purpose::Client));
    flaws
}

fn leaf(certificate: &Certificate, purpose: Purpose, alone: bool) -> [Option<Defect>; 4] {
    [
        (alone && certificate.is_self_issued()).then_some(Defect::SelfSigned),
        certificate.authority.then_some(Defect::AuthorityAsLeaf),
        key_usage(certificate).filter(|_| purpose == Purpose::Client),
        certificate.netscape_type.and_then(|kind| netscape_type(kind, purpose)),
    ]
}

/// The certificates between it and the leaf count for the path length; those that a CA issued to itself do not, but
/// nobody has two of them in one chain.
fn authority(certificate: &Certificate, at: usize) -> [Option<Defect>; 4] {
    let may_sign = certificate.key_usage.is_none_or(|usage| usage.contains(X509KeyUsage::KEY_CERT_SIGN));
    // A root from before X.509 version 3 has no extensions that could say so.
    let is_old_root = certificate.is_self_issued() && certificate.key_usage.is_none();
    let is_authority = (certificate.authority || is_old_root) && may_sign;
    let below = u32::try_from(at - 1).unwrap_or(u32::MAX);
    let too_long = certificate.path_length.is_some_and(|allowed| below > allowed);
    [(!is_authority).then_some(Defect::NotAnAuthority), too_long.then_some(Defect::PathLength), None, None]
}

fn validity(certificate: &Certificate) -> Option<Defect> {
    if certificate.days_left < 0 {
        return Some(Defect::Expired);
    }
    certificate.not_yet_valid.then_some(Defect::NotYetValid)
}

/// OpenSSL asks for the purpose by name in every certificate that has an extended key usage.
fn wrong_purpose(certificate: &Certificate, purpose: Purpose) -> Option<Defect> {
    let usages = certificate.usages.as_ref()?;
    let wanted = match purpose {
        Purpose::Client => Usage::ClientAuth,
        Purpose::Server => Usage::ServerAuth,
    };
    match (usages.contains(&wanted), usages.contains(&Usage::Any)) {
        (true, _) => None,
        (false, true) => Some(Defect::AnyPurposeAlone),
        (false, false) => Some(Defect::WrongPurpose),
    }
}

fn key_usage(certificate: &Certificate) -> Option<Defect> {
    let usage = certificate.key_usage?;
    let has = |wanted| usage.contains(wanted);
    match (has(X509KeyUsage::DIGITAL_SIGNATURE), has(X509KeyUsage::KEY_AGREEMENT)) {
        (true, _) => None,
        (false, true) => Some(Defect::KeyAgreementAlone),
        (false, false) => Some(Defect::NoDigitalSignature),
    }
}

fn netscape_type(kind: u8, purpose: Purpose) -> Option<Defect> {
    let wanted = match purpose {
        Purpose::Client => 0x80,
        Purpose::Server => 0x40,
    };
    (kind & wanted == 0).then_some(Defect::NetscapeType)
}

fn key_kind(certificate: &Certificate) -> Option<Defect> {
    match &certificate.key {
        KeyKind::Ec(curve) if curve.explicit => Some(Defect::ExplicitCurve),
        KeyKind::Ec(curve) => (!curve.is_for_tls()).then_some(Defect::UnusualKey),
        KeyKind::Dsa(_) | KeyKind::Other(_) => Some(Defect::UnusualKey),
        _ => None,
    }
}

fn small_key(certificate: &Certificate) -> Option<Defect> {
    let smallest = match certificate.key {
        KeyKind::Rsa(_) | KeyKind::RsaPss(_) | KeyKind::Dsa(_) => 2048,
        KeyKind::Ec(_) => 224,
        _ => 0,
    };
    (certificate.key_bits < smallest).then_some(Defect::SmallKey)
}

/// A root's signature on itself proves nothing and is not looked at.
fn broken_digest(certificate: &Certificate) -> Option<Defect> {
    let digest = certificate.signature.broken_digest()?;
    (!certificate.is_self_issued()).then_some(Defect::BrokenDigest(digest))
}

/// nginx accepts one CA certificate between leaf and root, unless its ssl_verify_depth says otherwise.
fn long_chain(chain: &[&Certificate]) -> impl Iterator<Item = Flaw> {
    let between = chain.iter().skip(1).filter(|certificate| !certificate.is_self_issued()).count();
    (between > 1).then_some(Flaw { defect: Defect::LongChain, at: between }).into_iter()
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

    fn of(chain: &[&Certificate]) -> Vec<(usize, Defect)> {
        flaws(chain, Purpose::Client).into_iter().map(|flaw| (flaw.at, flaw.defect)).collect()
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
        let curve = |name, explicit| Certificate {
            key: KeyKind::Ec(Curve { name: Some(name), explicit }),
            key_bits: 256,
            ..sound()
        };
        for (leaf, defect) in [
            (Certificate { days_left: -1, ..sound() }, Defect::Expired),
            (Certificate { not_yet_valid: true, ..sound() }, Defect::NotYetValid),
            (Certificate { subject: "CN=CA".into(), ..sound() }, Defect::SelfSigned),
            (Certificate { usages: Some(vec![Usage::ServerAuth]), ..sound() }, Defect::WrongPurpose),
            (Certificate { usages: Some(vec![]), ..sound() }, Defect::WrongPurpose),
            (Certificate { usages: Some(vec![Usage::Any]), ..sound() }, Defect::AnyPurposeAlone),
            (
                Certificate { key_usage: Some(X509KeyUsage::KEY_ENCIPHERMENT), ..sound() },
                Defect::NoDigitalSignature,
            ),
            (
                Certificate { key_usage: Some(X509KeyUsage::KEY_AGREEMENT), ..sound() },
                Defect::KeyAgreementAlone,
            ),
            (Certificate { netscape_type: Some(0x40), ..sound() }, Defect::NetscapeType),
            (Certificate { authority: true, ..sound() }, Defect::AuthorityAsLeaf),
            (Certificate { unknown_critical: vec!["1.2.3".into()], ..sound() }, Defect::UnknownCritical),
            (curve(openssl::nid::Nid::X9_62_PRIME256V1, true), Defect::ExplicitCurve),
            (curve(openssl::nid::Nid::SECP256K1, false), Defect::UnusualKey),
            (Certificate { key: KeyKind::Dsa(2048), ..sound() }, Defect::UnusualKey),
            (Certificate { key: KeyKind::Rsa(1024), key_bits: 1024, ..sound() }, Defect::SmallKey),
        ] {
            assert_eq!(of(&[&leaf]), [(0, defect)]);
        }
    }

    #[test]
    fn each_rule_is_asked_of_the_authorities() {
        for (ca, defect) in [
            (Certificate { days_left: -1, ..ca() }, Defect::Expired),
            (Certificate { usages: Some(vec![Usage::ServerAuth]), ..ca() }, Defect::WrongPurpose),
            (Certificate { authority: false, ..ca() }, Defect::NotAnAuthority),
            (Certificate { key_usage: Some(X509KeyUsage::CRL_SIGN), ..ca() }, Defect::NotAnAuthority),
            (Certificate { key: KeyKind::Rsa(1024), key_bits: 1024, ..ca() }, Defect::SmallKey),
        ] {
            assert_eq!(of(&[&sound(), &ca]), [(1, defect)]);
        }
        let top = Certificate { path_length: Some(0), ..ca() };
        assert_eq!(of(&[&sound(), &top]), []);
        let long = of(&[&sound(), &ca(), &top]);
        assert_eq!(long, [(2, Defect::PathLength), (2, Defect::LongChain)]);
    }

    #[test]
    fn the_purpose_is_that_of_the_question() {
        let server = Certificate { usages: Some(vec![Usage::ServerAuth]), ..sound() };
        assert_eq!(flaws(&[&server], Purpose::Server), []);
    }
}
