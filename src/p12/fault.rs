//! Why a file cannot be used, as a kind and a message.

use openssl::asn1::Asn1Object;
use openssl::nid::Nid;

use crate::ber::Defect;
use crate::error::Kind;
use crate::words::counted;

/// What is wrong with a file: the kind, and a text that follows "cannot open FILE: ".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) kind: Kind,
    pub(super) what: String,
    /// What to do, where that is not what the kind says.
    pub(super) hint: Option<String>,
}

/// The result of reading a part of the file.
pub(super) type Parsed<T> = Result<T, Fault>;

impl Fault {
    pub(super) fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), hint: None }
    }

    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same fault of another file.
    pub(super) fn of(self, name: &str) -> Self {
        Self { what: format!("in {name}, {}", self.what), hint: None, ..self }
    }

    pub(super) fn not_a_p12(what: impl Into<String>) -> Self {
        Self::new(Kind::NotAP12, what)
    }

    pub(super) fn malformed(what: impl Into<String>) -> Self {
        Self::new(Kind::Malformed, what)
    }

    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Self::new(Kind::Unsupported, what)
    }

    /// More of something than is looked at.
    pub(super) fn crowded(what: impl Into<String>) -> Self {
        Self::malformed(what).with_hint("export only the key that is needed, with its certificates")
    }

    /// More key derivation than is allowed.
    pub(super) fn too_costly(what: impl Into<String>) -> Self {
        Self::unsupported(what).with_hint(
            "export the P12 again with fewer iterations: 100000 are enough (openssl pkcs12 -export -iter 100000)",
        )
    }

    /// An unknown algorithm, with its name if it has one.
    pub(super) fn unknown(what: &str, oid: &str) -> Self {
        let named = named(oid);
        let fault = |owner: &str| {
            Self::unsupported(format!("{what} uses an algorithm{owner} that cannot be used here: {named}"))
        };
        match oid {
            "1.2.840.113549.1.12.1.80" => fault(" of CryptoPro CSP").with_hint(
                "only CryptoPro CSP opens this file, and its key is for GOST TLS: test with CryptoPro's own tools, or ask for a certificate on an RSA or EC key",
            ),
            _ if oid.starts_with("1.2.643.") => fault(" of GOST").with_hint(
                "export it again with AES-256 and SHA-256 where it was made; if its key is a GOST key, ask for a certificate on an RSA or EC key",
            ),
            _ if oid.starts_with("1.2.156.10197.") => fault(" of ShangMi (SM2, SM3, SM4)").with_hint(
                "export it again with AES-256 and SHA-256 where it was made; if its key is an SM2 key, ask for a certificate on an RSA or EC key",
            ),
            _ => fault(""),
        }
    }

    /// The same error in an inner layer. There it is never "cut short", as the file is complete.
    pub(super) fn within(self, layer: &str) -> Self {
        match self.kind {
            Kind::Truncated | Kind::Malformed => {
                Self { kind: Kind::Malformed, what: format!("in {layer}, {}", self.what), ..self }
            }
            _ => self,
        }
    }
}

impl From<Defect> for Fault {
    fn from(defect: Defect) -> Self {
        match defect {
            Defect::Truncated { missing: Some(missing), .. } => {
                let (bytes, verb) = (counted(missing, "byte"), if missing == 1 { "is" } else { "are" });
                Self::new(Kind::Truncated, format!("it is cut short: {bytes} {verb} missing"))
            }
            Defect::Truncated { missing: None, at } => {
                Self::new(Kind::Truncated, format!("it is cut short: what begins at byte {at} has no end"))
            }
            Defect::Malformed { at, what } => Self::malformed(format!("at byte {at}: {what}")),
        }
    }
}

/// An object identifier with the name that OpenSSL has for it: `ML-DSA-65, OID 2.16.840.1.101.3.4.3.18`.
pub(super) fn named(oid: &str) -> String {
    let nid = Asn1Object::from_str(oid).ok().map(|object| object.nid()).filter(|nid| *nid != Nid::UNDEF);
    let name = nid.and_then(|nid| nid.long_name().ok());
    name.map_or_else(|| format!("OID {oid}"), |name| format!("{name}, OID {oid}"))
}
