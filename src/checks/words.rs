//! The text for each flaw, and how to fix it.

use openssl::x509::X509KeyUsage;

use super::flaw::{Flaw, FlawKind};
use crate::certificate::{Certificate, Usage};

impl Flaw {
    /// The flaw as a clause. `leaf` is the name for the leaf in it, such as "the P12's certificate".
    pub fn sentence(&self, chain: &[&Certificate], leaf: &str) -> String {
        let Some(culprit) = chain.get(self.at) else { return String::new() };
        let ca = format!("the CA certificate {}", culprit.subject);
        let which = if self.at == 0 { leaf } else { &ca };
        let above = chain.get(self.at + 1).map_or("", |above| above.subject.as_str());
        let what = match self.kind {
            FlawKind::Expired => format!("expired on {}", culprit.not_after),
            FlawKind::NotYetValid => format!("is not valid before {}", culprit.not_before),
            FlawKind::SelfSigned => "is self-signed: no CA vouches for it".into(),
            FlawKind::WrongPurpose => format!("is for {} and not for client authentication", purposes(culprit)),
            FlawKind::AnyPurposeAlone => {
                "has the extended key usage anyExtendedKeyUsage without clientAuth, which servers built on OpenSSL refuse".into()
            }
            FlawKind::NoDigitalSignature => {
                format!("has a key usage without digitalSignature (it allows {})", allowed(culprit))
            }
            FlawKind::KeyAgreementAlone => {
                "has the key usage keyAgreement without digitalSignature, which Java's servers refuse".into()
            }
            FlawKind::NetscapeType => {
                "has a Netscape certificate type (nsCertType) that does not allow TLS clients".into()
            }
            FlawKind::AuthorityAsLeaf => "is that of a CA, and not a client's".into(),
            FlawKind::NotAnAuthority => format!("has issued a certificate, but {}", no_authority(culprit)),
            FlawKind::PathLength => format!("allows {}", too_deep(culprit, self.at)),
            FlawKind::NameConstraints => {
                "has a name that the name constraints of a CA above it do not allow".into()
            }
            FlawKind::UnknownCritical => {
                let oids = culprit.unknown_critical.join(", ");
                format!("has a critical extension that TLS servers do not know ({oids})")
            }
            FlawKind::WrongSignature => {
                format!("was not signed by the key of {above} that is in the P12, although the names match")
            }
            FlawKind::ExplicitCurve => {
                "has an EC key that spells out the parameters of its curve instead of naming the curve".into()
            }
            FlawKind::UnusualKey => {
                format!("has a key that TLS servers do not accept ({})", culprit.key.name_and_oid())
            }
            FlawKind::SmallKey => {
                format!("has a key of only {} bits, which current TLS libraries refuse", culprit.key_bits)
            }
            FlawKind::BrokenDigest(_) => {
                format!("is signed with {}, which current TLS libraries refuse", culprit.signature)
            }
            FlawKind::Invalid(reason) => format!("breaks a rule of X.509 (OpenSSL: {reason})"),
            FlawKind::LongChain => return too_long(self.at, leaf),
        };
        format!("{which} {what}")
    }

    pub fn fix(&self, chain: &[&Certificate]) -> String {
        let in_authority = || fix_of_authority(self.kind).filter(|_| self.at > 0);
        let fix = in_authority().unwrap_or_else(|| fix_of_leaf(self.kind));
        match (self.kind, chain.get(self.at)) {
            (FlawKind::SelfSigned, Some(culprit)) => format!("{fix} (SHA-256 {})", culprit.sha256),
            _ => fix.to_owned(),
        }
    }
}

/// Where it is another one for a CA above the leaf.
fn fix_of_authority(kind: FlawKind) -> Option<&'static str> {
    Some(match kind {
        FlawKind::Expired => {
            "ask the CA for its current certificate, and export the P12 with that one in its chain"
        }
        FlawKind::WrongPurpose | FlawKind::AnyPurposeAlone => {
            "ask for a certificate from a CA that may issue client certificates: the extended key usage of this one lacks clientAuth"
        }
        FlawKind::SmallKey | FlawKind::BrokenDigest(_) => {
            "ask the CA for a current certificate of its own (SHA-256, RSA of 2048 bits or more), and export the P12 with that one in its chain"
        }
        _ => return None,
    })
}

fn fix_of_leaf(kind: FlawKind) -> &'static str {
    match kind {
        FlawKind::Expired => "renew the certificate, and export it with its key and chain as a new P12",
        FlawKind::NotYetValid => {
            "wait until it is valid, or ask its CA for one that is valid now; check this machine's clock too"
        }
        FlawKind::SelfSigned => {
            "ask a CA that the endpoint trusts for a certificate; or ask the endpoint's owner to trust this certificate"
        }
        FlawKind::WrongPurpose | FlawKind::AnyPurposeAlone => {
            "ask its CA for a certificate with the extended key usage clientAuth"
        }
        FlawKind::NoDigitalSignature | FlawKind::KeyAgreementAlone => {
            "ask its CA for a certificate with the key usage digitalSignature"
        }
        FlawKind::NetscapeType => {
            "ask its CA for a certificate without the extension nsCertType, or with its value \"client\""
        }
        FlawKind::AuthorityAsLeaf => "ask that CA to issue a certificate for the client, and export that one",
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
        FlawKind::SmallKey => {
            "ask its CA for a certificate on a larger key: RSA of 2048 bits or more, or EC on P-256"
        }
        FlawKind::BrokenDigest(_) => "ask its CA for a certificate that is signed with SHA-256",
        FlawKind::Invalid(_) => "ask its issuer for a certificate that keeps to RFC 5280",
        FlawKind::LongChain => {
            "where the endpoint is nginx or Apache, ask its owner to raise ssl_verify_depth or SSLVerifyDepth"
        }
    }
}

fn no_authority(culprit: &Certificate) -> &'static str {
    match culprit.authority {
        true => "its key usage does not allow that (keyCertSign is missing)",
        false => "it is not marked as a CA (basicConstraints CA:TRUE is missing)",
    }
}

fn too_deep(culprit: &Certificate, at: usize) -> String {
    let (allowed, below) = (culprit.path_length.unwrap_or_default(), at.saturating_sub(1));
    format!("{allowed} CA certificates below it (pathlen), and the chain has {below}")
}

fn too_long(count: usize, leaf: &str) -> String {
    format!(
        "{count} CA certificates stand between {leaf} and the root, and nginx accepts only 1 unless its ssl_verify_depth allows more (Apache none: SSLVerifyDepth)"
    )
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
