//! Each flaw in a sentence, and how to fix it.

use openssl::x509::X509KeyUsage;

use super::flaw::{Flaw, FlawKind};
use crate::certificate::{Certificate, Usage};

impl Flaw {
    /// The flaw as a clause. `leaf` is what the leaf is called there, such as "the P12's certificate".
    pub fn sentence(&self, chain: &[&Certificate], leaf: &str) -> String {
        let Some(culprit) = chain.get(self.at) else { return String::new() };
        let which = match self.at {
            0 => leaf.to_owned(),
            _ => format!("the CA certificate {}", culprit.subject),
        };
        let Certificate { not_before, not_after, .. } = culprit;
        match self.kind {
            FlawKind::Expired => format!("{which} expired on {not_after}"),
            FlawKind::NotYetValid => format!("{which} is not valid before {not_before}"),
            FlawKind::SelfSigned => format!("{which} is self-signed: no CA vouches for it"),
            FlawKind::WrongPurpose => {
                format!("{which} is for {} and not for client authentication", purposes(culprit))
            }
            FlawKind::AnyPurposeAlone => format!(
                "{which} has the extended key usage anyExtendedKeyUsage without clientAuth, which servers built on OpenSSL refuse"
            ),
            FlawKind::NoDigitalSignature => {
                format!("{which} has a key usage without digitalSignature (it allows {})", allowed(culprit))
            }
            FlawKind::KeyAgreementAlone => {
                format!(
                    "{which} has the key usage keyAgreement without digitalSignature, which Java's servers refuse"
                )
            }
            FlawKind::NetscapeType => {
                format!(
                    "{which} has a Netscape certificate type (nsCertType) that does not allow TLS clients"
                )
            }
            FlawKind::AuthorityAsLeaf => format!("{which} is that of a CA, and not a client's"),
            FlawKind::NotAnAuthority if culprit.authority => format!(
                "{which} has issued a certificate, but its key usage does not allow that (keyCertSign is missing)"
            ),
            FlawKind::NotAnAuthority => {
                format!(
                    "{which} has issued a certificate, but it is not marked as a CA (basicConstraints CA:TRUE is missing)"
                )
            }
            FlawKind::PathLength
            | FlawKind::NameConstraints
            | FlawKind::UnknownCritical
            | FlawKind::WrongSignature
            | FlawKind::ExplicitCurve
            | FlawKind::UnusualKey
            | FlawKind::SmallKey
            | FlawKind::BrokenDigest(_)
            | FlawKind::Invalid(_)
            | FlawKind::LongChain => self.rule_sentence(&which, leaf, chain, culprit),
        }
    }

    /// The same for what breaks a rule of X.509 or of TLS.
    fn rule_sentence(
        &self,
        which: &str,
        leaf: &str,
        chain: &[&Certificate],
        culprit: &Certificate,
    ) -> String {
        let above = chain.get(self.at + 1).map_or("", |above| above.subject.as_str());
        let signature = &culprit.signature;
        match self.kind {
            FlawKind::PathLength => format!(
                "{which} allows {} CA certificates below it (pathlen), and the chain has {}",
                culprit.path_length.unwrap_or_default(),
                self.at.saturating_sub(1)
            ),
            FlawKind::NameConstraints => {
                format!("{which} has a name that the name constraints of a CA above it do not allow")
            }
            FlawKind::UnknownCritical => format!(
                "{which} has a critical extension that TLS servers do not know ({})",
                culprit.unknown_critical.join(", ")
            ),
            FlawKind::WrongSignature => {
                format!(
                    "{which} was not signed by the key of {above} that is in the P12, although the names match"
                )
            }
            FlawKind::ExplicitCurve => {
                format!(
                    "{which} has an EC key that spells out the parameters of its curve instead of naming the curve"
                )
            }
            FlawKind::UnusualKey => {
                format!("{which} has a key that TLS servers do not accept ({})", culprit.key.name_and_oid())
            }
            FlawKind::SmallKey => format!(
                "{which} has a key of only {} bits, which current TLS libraries refuse",
                culprit.key_bits
            ),
            FlawKind::BrokenDigest(_) => {
                format!("{which} is signed with {signature}, which current TLS libraries refuse")
            }
            FlawKind::Invalid(reason) => format!("{which} breaks a rule of X.509 (OpenSSL: {reason})"),
            FlawKind::LongChain => format!(
                "{} CA certificates stand between {leaf} and the root, and nginx accepts only 1 unless its ssl_verify_depth allows more",
                self.at
            ),
            _ => String::new(),
        }
    }

    /// What to do about it, in words.
    pub fn fix(&self, chain: &[&Certificate]) -> String {
        let own = self.at == 0;
        let Some(culprit) = chain.get(self.at) else { return String::new() };
        let fix = match self.kind {
            FlawKind::Expired if own => {
                "renew the certificate, and export it with its key and chain as a new P12"
            }
            FlawKind::Expired => {
                "ask the CA for its current certificate, and export the P12 with that one in its chain"
            }
            FlawKind::NotYetValid => {
                "wait until it is valid, or ask its CA for one that is valid now; check this machine's clock too"
            }
            FlawKind::SelfSigned => {
                return format!(
                    "ask a CA that the endpoint trusts for a certificate; or ask the endpoint's owner to trust this very one (SHA-256 {})",
                    culprit.sha256
                );
            }
            FlawKind::WrongPurpose | FlawKind::AnyPurposeAlone if own => {
                "ask its CA for a certificate with the extended key usage clientAuth"
            }
            FlawKind::WrongPurpose | FlawKind::AnyPurposeAlone => {
                "ask for a certificate from a CA that may issue client certificates: the extended key usage of this one lacks clientAuth"
            }
            FlawKind::NoDigitalSignature | FlawKind::KeyAgreementAlone => {
                "ask its CA for a certificate with the key usage digitalSignature"
            }
            FlawKind::NetscapeType => {
                "ask its CA for a certificate without the extension nsCertType, or with its value \"client\""
            }
            FlawKind::AuthorityAsLeaf => {
                "ask that CA to issue a certificate for the client, and export that one"
            }
            FlawKind::NotAnAuthority
            | FlawKind::PathLength
            | FlawKind::NameConstraints
            | FlawKind::UnknownCritical
            | FlawKind::WrongSignature
            | FlawKind::ExplicitCurve
            | FlawKind::UnusualKey
            | FlawKind::SmallKey
            | FlawKind::BrokenDigest(_)
            | FlawKind::Invalid(_)
            | FlawKind::LongChain => self.rule_fix(),
        };
        fix.to_owned()
    }

    /// The same for what breaks a rule of X.509 or of TLS.
    fn rule_fix(&self) -> &'static str {
        let own = self.at == 0;
        match self.kind {
            FlawKind::NotAnAuthority => {
                "ask a real CA for a certificate: servers refuse what this one has issued; if it was meant to be a CA, its own issuer must issue it again as one (basicConstraints CA:TRUE, key usage keyCertSign), under the same name and key"
            }
            FlawKind::PathLength => {
                "ask for a certificate that is issued with fewer CAs in between; or that CA's issuer must allow more below it"
            }
            FlawKind::NameConstraints => {
                "ask the CA for a certificate with names that it may certify, or ask another CA"
            }
            FlawKind::UnknownCritical => {
                "ask its issuer for a certificate without that extension, or with it marked as not critical"
            }
            FlawKind::WrongSignature => {
                "export the P12 with the CA certificate that did sign it; most often the CA has a new key under its old name"
            }
            FlawKind::ExplicitCurve => {
                "make a new key on a named curve (openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256), and ask the CA for a certificate on it"
            }
            FlawKind::UnusualKey => {
                "ask for a certificate on an RSA key of 2048 bits or more, or on an EC key on P-256"
            }
            FlawKind::SmallKey if own => {
                "ask its CA for a certificate on a larger key: RSA of 2048 bits or more, or EC on P-256"
            }
            FlawKind::BrokenDigest(_) if own => "ask its CA for a certificate that is signed with SHA-256",
            FlawKind::SmallKey | FlawKind::BrokenDigest(_) => {
                "ask the CA for a current certificate of its own (SHA-256, RSA of 2048 bits or more), and export the P12 with that one in its chain"
            }
            FlawKind::Invalid(_) => "ask its issuer for a certificate that keeps to RFC 5280",
            FlawKind::LongChain => {
                "where the endpoint is nginx, ask its owner to raise ssl_verify_depth; or ask for a certificate with fewer CAs in between"
            }
            _ => "",
        }
    }
}

fn purposes(certificate: &Certificate) -> String {
    match certificate.usages.as_deref() {
        Some(usages @ [_, ..]) => Usage::list(usages),
        _ => "something else".into(),
    }
}

/// The names of RFC 5280.
fn allowed(certificate: &Certificate) -> String {
    const NAMES: &[(X509KeyUsage, &str)] = &[
        (X509KeyUsage::DIGITAL_SIGNATURE, "digitalSignature"),
        (X509KeyUsage::NON_REPUDIATION, "nonRepudiation"),
        (X509KeyUsage::KEY_ENCIPHERMENT, "keyEncipherment"),
        (X509KeyUsage::DATA_ENCIPHERMENT, "dataEncipherment"),
        (X509KeyUsage::KEY_AGREEMENT, "keyAgreement"),
        (X509KeyUsage::KEY_CERT_SIGN, "keyCertSign"),
        (X509KeyUsage::CRL_SIGN, "cRLSign"),
    ];
    let usage = certificate.key_usage.unwrap_or(X509KeyUsage::empty());
    let names: Vec<_> = NAMES.iter().filter(|(bit, _)| usage.contains(*bit)).map(|(_, name)| *name).collect();
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}
