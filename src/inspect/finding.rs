//! A finding: its stable name, how bad it is, and what to do about it.

use std::fmt;

use serde::{Serialize, Serializer};

use super::fix::{Fix, Remedy};
use crate::error::{Error, Kind};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A test with this file fails.
    Error,
    /// Some endpoints or programs refuse it, or soon will.
    Warning,
    /// Good to know.
    Note,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub name: Name,
    pub severity: Severity,
    /// What was found, in a sentence.
    pub what: String,
    /// What to do about it, in words; also what the command needs or costs.
    pub fix: String,
    /// A command for the shell of this system that does it, if there is one.
    pub command: Option<String>,
}

impl Finding {
    pub(super) fn new(name: Name, severity: Severity, what: impl Into<String>, fix: Fix) -> Self {
        // What the table does not have, no test has run.
        let command = fix.command.filter(|(remedy, _)| name.remedies().contains(remedy));
        let command = command.map(|(_, command)| command);
        Self { name, severity, what: what.into(), fix: fix.words, command }
    }

    pub(super) fn warning(name: Name, what: impl Into<String>, fix: Fix) -> Self {
        Self::new(name, Severity::Warning, what, fix)
    }

    pub(super) fn note(name: Name, what: impl Into<String>, fix: Fix) -> Self {
        Self::new(name, Severity::Note, what, fix)
    }

    /// A fault as a finding.
    pub(super) fn fault(error: &Error) -> Self {
        Self::new(Name::Fault(error.kind), Severity::Error, error.message.clone(), Fix::words(error.hint()))
    }
}

macro_rules! names {
    ($($variant:ident $name:literal [$($remedy:ident)*] $meaning:literal;)*) => {
        /// The stable name of a finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Name {
            /// An error because of which the file cannot be used. It has the name of its kind.
            Fault(Kind),
            $(#[doc = $meaning] $variant,)*
        }

        impl Name {
            /// The name in reports and scripts; it never changes.
            pub fn as_str(self) -> &'static str {
                match self {
                    Self::Fault(kind) => kind.name(),
                    $(Self::$variant => $name,)*
                }
            }

            /// All but the faults.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// What `repack` can do about it; nothing where only words help.
            pub fn remedies(self) -> &'static [Remedy] {
                match self {
                    Self::Fault(Kind::NoCertificate | Kind::KeyMismatch) => &[Remedy::Certificate],
                    Self::Fault(_) => &[],
                    $(Self::$variant => &[$(Remedy::$remedy),*],)*
                }
            }
        }
    };
}

names! {
    Expired "expired" [Request NewChain] "A certificate is no longer valid.";
    ExpiresSoon "expires-soon" [Request NewChain] "A certificate will soon be no longer valid.";
    NotYetValid "not-yet-valid" [] "A certificate is not valid yet.";
    NotTrusted "not-trusted" [] "A server that trusts the CAs of --trust would refuse it.";
    Trusted "trusted" [] "A server that trusts the CAs of --trust would accept it.";
    SelfSigned "self-signed" [Request] "The key's certificate is self-signed.";
    ServerAuthOnly "server-auth-only" [Request] "The certificate is for servers only.";
    NoClientAuth "no-client-auth" [Request] "The certificate's extended key usage lacks clientAuth.";
    CaNotForClients "ca-not-for-clients" [] "The extended key usage of a CA above lacks clientAuth.";
    AnyUsageOnly "any-usage-only" [Request] "The extended key usage says anyExtendedKeyUsage and not clientAuth.";
    NoDigitalSignature "no-digital-signature" [] "The certificate's key usage lacks digitalSignature.";
    NetscapeType "netscape-type" [] "The Netscape certificate type lacks client.";
    CaAsLeaf "ca-as-leaf" [] "The key's certificate is a CA's.";
    NotACa "not-a-ca" [] "A certificate above is no CA, or may not sign certificates.";
    PathLength "path-length" [] "A CA above allows fewer CAs below it than there are.";
    NameConstraints "name-constraints" [] "A CA above does not allow the names.";
    UnknownCritical "unknown-critical-extension" [] "A critical extension that TLS servers do not know.";
    InvalidCertificate "invalid-certificate" [] "OpenSSL refuses a certificate for another reason.";
    ExplicitCurve "explicit-curve" [] "An EC key does not name its curve.";
    UnusualKey "unusual-key" [] "TLS servers accept no keys of this kind.";
    WeakKey "weak-key" [] "A key is too small.";
    WeakSignature "weak-signature" [Request] "A certificate is signed over a broken digest.";
    ChainBroken "chain-broken" [Intermediate] "A certificate was not signed by the key of the one above it.";
    ChainOpen "chain-open" [Intermediate FetchChain] "The chain does not end with a root.";
    ChainLong "chain-long" [] "The chain is longer than some servers allow.";
    ChainUnordered "chain-unordered" [Again] "The certificates are stored in another order than they are sent in.";
    KeyIdElsewhere "key-id-elsewhere" [Again] "The key's localKeyID is that of another certificate.";
    SeveralCertificates "several-certificates" [Again] "Several certificates belong to one key.";
    ManyKeys "many-keys" [] "More keys than are judged.";
    KeyWithoutCertificate "key-without-certificate" [Again] "One of several keys has no certificate.";
    Unpacked "unpacked" [Again NewPassword] "A certificate and its key in no P12.";
    LegacyCipher "legacy-cipher" [Again] "Ciphers that OpenSSL 3 has in its legacy provider only.";
    OldCipher "old-cipher" [Again] "3DES.";
    NoMac "no-mac" [Again] "Nothing shows whether the file was changed.";
    PbMac1 "pbmac1" [Again] "A MAC that many programs do not know.";
    FewIterations "few-iterations" [Again] "The password is quickly guessed.";
    ManyIterations "many-iterations" [Again] "Some programs refuse so many.";
    IndefiniteLengths "indefinite-lengths" [Again] "It is written in BER.";
    NoPassword "no-password" [NewPassword] "It opens without a password.";
    KeyInTheOpen "key-in-the-open" [Again NewPassword] "The private key is not encrypted.";
    NotForOldReaders "not-for-old-readers" [ForOldReaders] "Old programs cannot read it.";
    NoEntryInJava "no-entry-in-java" [] "Java finds nothing in it.";
    UnreadableCertificates "unreadable-certificates" [Again] "Certificates that are not readable as X.509.";
    KeysLeftOut "keys-left-out" [Again] "Keys under another password.";
    OtherContents "other-contents" [Again] "Things that are neither key nor certificate.";
    TrailingBytes "trailing-bytes" [Again] "Bytes after the end.";
    ExtraCertificates "extra-certificates" [Again] "Certificates that belong to no key's chain.";
    OddFriendlyName "odd-friendly-name" [Rename] "A friendlyName that programs have trouble with.";
    FriendlyNameTwice "friendly-name-twice" [] "Two keys of one friendlyName.";
    PasswordSource "password-source" [NewPassword] "The password's source holds more than the password.";
    PasswordEncoding "password-encoding" [Again] "The password is written in an unusual way.";
    PasswordNotAscii "password-not-ascii" [NewPassword] "The password has letters beyond ASCII.";
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}
