//! What went wrong: a kind, which fixes the exit status, and one sentence about this case.

use std::fmt;
use std::process::ExitCode;

use crate::evidence::Evidence;

/// How a run ends, as a number that a script can trust (the table in the manual).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Answered, and the endpoint asked for the certificate and got it.
    Success = 0,
    /// Answered with another status than expected.
    Status = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The P12 cannot be used.
    P12 = 3,
    /// The endpoint was not reached.
    Unreached = 4,
    /// The endpoint's own certificate is not trusted.
    Untrusted = 5,
    /// The endpoint refused the client certificate, or the handshake for want of one.
    Refused = 6,
    /// The platform refused or failed.
    Platform = 7,
    /// Answered, but the P12 was not tested.
    Untested = 8,
    /// The answer broke off or was not HTTP.
    BrokenAnswer = 9,
    /// Something on this machine: a file, the output.
    Machine = 10,
    /// Ended by Ctrl-C, as shells number it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

macro_rules! kinds {
    ($($variant:ident, $name:literal, $exit:ident, $hint:literal;)*) => {
        /// The stable name of a fault. Each has one exit status and one hint.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind { $(#[doc = $hint] $variant,)* }

        impl Kind {
            /// Every kind there is, in the order of the manual.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name that scripts and reports know it by; it does not change.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The exit status it ends a run with.
            pub fn exit(self) -> Exit {
                match self { $(Self::$variant => Exit::$exit,)* }
            }

            /// What to do next, where the error itself knows nothing better.
            pub fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint,)* }
            }
        }
    };
}

kinds! {
    Usage, "usage", Usage, "see p12-test --help";

    NotAP12, "not-a-p12", P12, "export the certificate and its private key together as PKCS#12 (.p12, .pfx)";
    Truncated, "p12-truncated", P12, "copy or download the file again, in binary mode";
    Malformed, "p12-malformed", P12, "export the file again; compare its checksum with the original's";
    TooLarge, "p12-too-large", P12, "a P12 holds a key and a few certificates; is this the right file?";
    Unsupported, "unsupported-algorithm", P12, "export the P12 again with AES-256 and SHA-256, the default of current tools";
    PasswordNeeded, "password-needed", P12, "name a source: --password-file, --password-env, --password-stdin or P12_TEST_PASSWORD";
    WrongPassword, "wrong-password", P12, "the file itself is intact; ask whoever made it for its password";
    Changed, "p12-changed", P12, "the password is right; copy the file again from where it was made";
    KeyPasswordDiffers, "key-password-differs", P12, "store the key under the password of the file (keytool -importkeystore with -destkeypass)";
    Empty, "p12-empty", P12, "export the certificate together with its private key";
    NoKey, "no-key", P12, "this is a trust store or a bare certificate; export the certificate together with its private key";
    NoCertificate, "no-certificate", P12, "add the certificate that was issued for this key, then export both";
    KeyMismatch, "key-mismatch", P12, "export again with the certificate that was issued for this very key";
    SeveralKeys, "several-keys", P12, "choose one with --alias";
    UnknownAlias, "unknown-alias", P12, "choose one of the names above with --alias";
    KeyNotForTls, "key-not-for-tls", P12, "ask for a certificate on an RSA, EC or Ed25519 key";

    NameUnknown, "name-unknown", Unreached, "check the spelling of the host; --resolve HOST:PORT:ADDRESS goes around DNS";
    DnsFailure, "dns-failure", Unreached, "the name server did not answer; try again, or go around it with --resolve HOST:PORT:ADDRESS";
    ConnectionRefused, "connection-refused", Unreached, "nothing listens there, or a firewall says no: check host and port";
    Unroutable, "unroutable", Unreached, "no route from this machine to that address: check network, VPN, -4 and -6";
    ConnectTimeout, "connect-timeout", Unreached, "a firewall may drop the packets; is this machine's address allowed? --connect-timeout waits longer";
    ConnectionFailed, "connection-failed", Unreached, "check the network between this machine and the endpoint";
    TlsTimeout, "tls-timeout", Unreached, "the port is open but nothing speaks TLS there in time; check the port";
    Timeout, "timeout", Unreached, "the endpoint took the request and did not answer in time; -m SECONDS waits longer";
    AddressForbidden, "address-forbidden", Unreached, "the network policy keeps such addresses out; --allow-net CIDR opens it";
    ProxyRefused, "proxy-refused", Unreached, "ask whoever runs the proxy to allow the endpoint, or bypass it with NO_PROXY";
    ProxyCredentials, "proxy-credentials", Unreached, "give them in the proxy's URL or with --proxy-user-file";
    ProxyFailed, "proxy-failed", Unreached, "check --proxy and the variables HTTPS_PROXY and ALL_PROXY";
    NotTls, "not-tls", Unreached, "check the scheme and the port of the URL";
    HandshakeReset, "handshake-reset", Unreached, "a firewall, a wrong port or a server that wants another name or certificate: ask for the endpoint's log";
    HandshakeFailed, "handshake-failed", Unreached, "the two sides share no TLS version, cipher or signature; see -v, --tls-min and --tls-max";

    ServerUntrusted, "server-untrusted", Untrusted, "name the CA that issued it with --cacert; -k goes on without trust";
    ServerChainIncomplete, "server-chain-incomplete", Untrusted, "the server must send its intermediate certificate; or name the missing CA with --cacert";
    ServerSelfSigned, "server-self-signed", Untrusted, "name that very certificate with --cacert if it is the right one; -k goes on without trust";
    ServerExpired, "server-expired", Untrusted, "the endpoint's owner must renew it; check this machine's clock too";
    ServerNotYetValid, "server-not-yet-valid", Untrusted, "check this machine's clock; else the endpoint's owner must replace it";
    ServerWrongHost, "server-wrong-host", Untrusted, "use a host name that the certificate holds; --resolve points it to the address";

    ClientRefused, "client-certificate-refused", Refused, "ask the endpoint's owner which CA it trusts and whether this certificate is on its list";
    ClientRequired, "client-certificate-required", Refused, "the endpoint insists on a certificate and got none";
    ClientRefusedOrReset, "client-certificate-refused-or-reset", Refused, "ask the endpoint's owner for its log at this time";

    PlatformLookup, "platform-lookup-failed", Platform, "check the account number; --domain HOST names the platform's host without a lookup";
    PlatformCredential, "platform-credential-refused", Platform, "check the credential and its age (a Bearer token lives 8 hours); OAuth1 also needs this machine's clock to be right";
    PlatformForbidden, "platform-forbidden", Platform, "see its message; most often the credential lacks the permission MTLS_READ_INTERNAL for this very account, or mutual TLS is not switched on for it";
    PlatformRemote, "platform-remote-failed", Platform, "the platform could not get an answer: does the endpoint let the platform's addresses in, and does each side trust the other's CA? --compare shows how it looks from here";
    PlatformRate, "platform-rate-limited", Platform, "the platform takes 10 requests a second from one address: wait, then try again";
    PlatformFailed, "platform-failed", Platform, "the platform's own answer is above; a 500 can also mean that it cannot use this P12 or password";

    RoutesDiffer, "routes-differ", Status, "the endpoint does not treat this machine and the platform alike";
    Status, "status", Status, "the answer above says why; --expect names the statuses that count as success";

    NotRequested, "certificate-not-requested", Untested, "ask the endpoint's owner to switch client certificates on for this URL; --allow-unrequested accepts it";
    NotSent, "certificate-not-sent", Untested, "the endpoint accepts none of this key's signature algorithms; ask which key types it takes";
    NotInsisted, "certificate-not-insisted", Untested, "the endpoint answers the same without the certificate, so this answer proves nothing about it";

    CutShort, "answer-cut-short", BrokenAnswer, "the endpoint or something on the way ended the connection; try again";
    NotHttp, "not-http", BrokenAnswer, "the port speaks TLS but not HTTP; check host and port";

    FileUnreadable, "file-unreadable", Machine, "check the path and its permissions";
    FileExposed, "file-exposed", Machine, "let only its owner read it: chmod 600 FILE";
    OutputFailed, "output-failed", Machine, "check the disk and the path given to --output";
    Interrupted, "interrupted", Interrupted, "nothing was changed; run it again";
    Internal, "internal", Machine, "this is a fault of p12-test; please report it with the output of -v";
}

/// A fault: what kind, and one sentence on what happened to which thing. Holds no secret.
#[derive(Debug, Clone)]
pub struct Error {
    /// Its stable name, exit status and usual hint.
    pub kind: Kind,
    /// One sentence, lower case, without a full stop.
    pub message: String,
    /// What had been observed of the call until then.
    pub evidence: Option<Box<Evidence>>,
    hint: Option<String>,
}

/// Anything that may fail with our own [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A fault of this kind, told in one sentence.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), evidence: None, hint: None }
    }

    /// The same with a hint that fits better than the kind's own.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same with what had been observed of the call.
    #[must_use]
    pub fn with_evidence(self, evidence: Evidence) -> Self {
        Self { evidence: Some(Box::new(evidence)), ..self }
    }

    /// What to do next.
    pub fn hint(&self) -> &str {
        self.hint.as_deref().unwrap_or_else(|| self.kind.hint())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
