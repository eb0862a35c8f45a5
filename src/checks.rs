//! Is this chain fit for this purpose? What is wrong with it, and with which of its certificates.

use crate::certificate::{BrokenDigest, Certificate, KeyKind, Usage};

/// What a chain is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be a client in TLS.
    Client,
    /// To be a server in TLS.
    Server,
}

/// Something that is wrong with one certificate of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flaw {
    /// What is wrong.
    pub defect: Defect,
    /// The certificate that has it: its place in the chain, 0 for the leaf.
    pub at: usize,
}

/// What is wrong with a certificate, the likeliest cause of a refusal first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Defect {
    /// Its validity has ended.
    Expired,
    /// Its validity has not begun.
    NotYetValid,
    /// Its extended key usage does not allow the purpose (RFC 5280 section 4.2.1.12).
    WrongPurpose,
    /// It is a CA's certificate and stands where the client's should (RFC 5280 section 4.2.1.3).
    AuthorityAsLeaf,
    /// Its key is too small for what TLS libraries accept by default.
    SmallKey,
    /// It is signed over a digest for which TLS libraries no longer accept signatures.
    BrokenDigest(BrokenDigest),
}

impl Defect {
    /// Whether it is too weak a key or signature.
    pub fn is_weakness(self) -> bool {
        matches!(self, Self::SmallKey | Self::BrokenDigest(_))
    }
}

/// All flaws of a chain, the leaf first in it; the likeliest cause of a refusal comes first.
pub fn flaws(chain: &[&Certificate], purpose: Purpose) -> Vec<Flaw> {
    let of_one = |(at, certificate): (usize, &&Certificate)| {
        let leaf = [wrong_purpose(certificate, purpose), authority_as_leaf(certificate)];
        let all = [validity(certificate), small_key(certificate), broken_digest(certificate)];
        let leaf = leaf.into_iter().filter(move |_| at == 0);
        leaf.chain(all).flatten().map(move |defect| Flaw { defect, at })
    };
    let mut flaws: Vec<_> = chain.iter().enumerate().flat_map(of_one).collect();
    flaws.sort_by_key(|flaw| flaw.defect);
    flaws
}

fn validity(certificate: &Certificate) -> Option<Defect> {
    if certificate.days_left < 0 {
        return Some(Defect::Expired);
    }
    certificate.not_yet_valid.then_some(Defect::NotYetValid)
}

fn wrong_purpose(certificate: &Certificate, purpose: Purpose) -> Option<Defect> {
    let usages = certificate.usages.as_ref()?;
    let wanted = match purpose {
        Purpose::Client => Usage::ClientAuth,
        Purpose::Server => Usage::ServerAuth,
    };
    let allows = usages.iter().any(|usage| *usage == wanted || *usage == Usage::Any);
    (!allows).then_some(Defect::WrongPurpose)
}

fn authority_as_leaf(certificate: &Certificate) -> Option<Defect> {
    certificate.authority.then_some(Defect::AuthorityAsLeaf)
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
    (certificate.subject != certificate.issuer).then_some(Defect::BrokenDigest(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> Certificate {
        let key = KeyKind::Rsa(2048);
        Certificate { issuer: "CN=CA".into(), days_left: 9, key, key_bits: 2048, ..Certificate::default() }
    }

    #[test]
    fn each_certificate_of_a_chain_is_judged() {
        let expired = Certificate { days_left: -1, ..sound() };
        let small = Certificate { key: KeyKind::Rsa(1024), key_bits: 1024, ..sound() };
        assert_eq!(flaws(&[&sound(), &sound()], Purpose::Client), []);
        assert_eq!(
            flaws(&[&small, &expired], Purpose::Client),
            [Flaw { defect: Defect::Expired, at: 1 }, Flaw { defect: Defect::SmallKey, at: 0 }]
        );
    }

    #[test]
    fn the_purpose_counts_for_the_leaf() {
        let server = Certificate { usages: Some(vec![Usage::ServerAuth]), ..sound() };
        assert_eq!(flaws(&[&server, &server], Purpose::Server), []);
        let wrong = Flaw { defect: Defect::WrongPurpose, at: 0 };
        assert_eq!(flaws(&[&server, &server], Purpose::Client), [wrong]);
        let any = Certificate { usages: Some(vec![Usage::Any]), ..sound() };
        assert_eq!(flaws(&[&any], Purpose::Client), []);
    }
}
