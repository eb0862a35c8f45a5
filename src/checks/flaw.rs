//! What can be wrong with a certificate of a chain.

use crate::certificate::BrokenDigest;

/// The purpose of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Client,
    Server,
}

/// A flaw of one certificate in a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flaw {
    pub kind: FlawKind,
    /// The place of that certificate in the chain, 0 for the leaf.
    pub at: usize,
}

/// What is wrong with a certificate. The most likely cause of a refusal comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlawKind {
    /// Its validity has ended.
    Expired,
    /// Its validity has not begun.
    NotYetValid,
    /// It signed itself, so no CA vouches for it.
    SelfSigned,
    /// Its extended key usage does not allow the purpose (RFC 5280 section 4.2.1.12).
    WrongPurpose,
    /// Its extended key usage allows any purpose, but does not name this one.
    AnyPurposeAlone,
    /// It is a CA's certificate in place of the client's.
    AuthorityAsLeaf,
    /// Its key usage does not allow signatures, by which TLS proves the key (RFC 5280 section 4.2.1.3).
    NoDigitalSignature,
    /// Its key usage allows key agreement and no signatures, which some servers accept.
    KeyAgreementAlone,
    /// Its Netscape certificate type does not allow the purpose.
    NetscapeType,
    /// It issued a certificate, but is not a CA or may not sign certificates (RFC 5280 sections 4.2.1.3 and
    /// 4.2.1.9).
    NotAnAuthority,
    /// More CAs follow below it than it allows (RFC 5280 section 4.2.1.9).
    PathLength,
    /// A CA above it does not allow its names (RFC 5280 section 4.2.1.10).
    NameConstraints,
    /// It has a critical extension that TLS servers do not know (RFC 5280 section 4.2).
    UnknownCritical,
    /// The certificate above it has the name of its issuer, but not the key that signed it.
    WrongSignature,
    /// Its key contains the parameters of the curve instead of its name (forbidden by RFC 5480 section
    /// 2.1.1).
    ExplicitCurve,
    /// TLS servers do not accept keys of this type.
    UnusualKey,
    /// Its key is too small for what TLS libraries accept by default.
    SmallKey,
    /// It is signed with a digest that TLS libraries no longer accept.
    BrokenDigest(BrokenDigest),
    /// OpenSSL refuses it for another reason, in its words.
    Invalid(&'static str),
    /// There are more CA certificates between leaf and root than some servers allow.
    LongChain,
}

impl FlawKind {
    pub const ALL: &[Self] = &[
        Self::Expired,
        Self::NotYetValid,
        Self::SelfSigned,
        Self::WrongPurpose,
        Self::AnyPurposeAlone,
        Self::AuthorityAsLeaf,
        Self::NoDigitalSignature,
        Self::KeyAgreementAlone,
        Self::NetscapeType,
        Self::NotAnAuthority,
        Self::PathLength,
        Self::NameConstraints,
        Self::UnknownCritical,
        Self::WrongSignature,
        Self::ExplicitCurve,
        Self::UnusualKey,
        Self::SmallKey,
        Self::BrokenDigest(BrokenDigest::Sha1),
        Self::Invalid("REASON"),
        Self::LongChain,
    ];

    /// Where it usually is: 0 for the leaf, 1 for the CA above, 2 for what two CAs are needed for.
    pub fn usual_place(self) -> usize {
        match self {
            Self::NotAnAuthority => 1,
            Self::PathLength | Self::LongChain => 2,
            _ => 0,
        }
    }

    /// Whether the key or the signature is too weak.
    pub fn is_weakness(self) -> bool {
        matches!(self, Self::SmallKey | Self::BrokenDigest(_))
    }
}

impl Flaw {
    /// Whether most servers refuse the chain for it. Otherwise only some do.
    pub fn is_fatal(self) -> bool {
        match self.kind {
            // An endpoint may have a better certificate of that CA.
            FlawKind::Expired | FlawKind::NotYetValid | FlawKind::UnusualKey => self.at == 0,
            FlawKind::WrongPurpose
            | FlawKind::NoDigitalSignature
            | FlawKind::NetscapeType
            | FlawKind::NotAnAuthority
            | FlawKind::PathLength
            | FlawKind::NameConstraints
            | FlawKind::UnknownCritical
            | FlawKind::ExplicitCurve
            | FlawKind::Invalid(_) => true,
            FlawKind::SelfSigned
            | FlawKind::AnyPurposeAlone
            | FlawKind::KeyAgreementAlone
            | FlawKind::AuthorityAsLeaf
            | FlawKind::WrongSignature
            | FlawKind::SmallKey
            | FlawKind::BrokenDigest(_)
            | FlawKind::LongChain => false,
        }
    }
}
