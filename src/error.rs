//! What went wrong: a kind, which fixes the exit status, and one sentence about this case.

use std::fmt;
use std::process::ExitCode;

use crate::foreign::Foreign;

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
    /// Ended by Ctrl-C or SIGTERM, numbered as shells number the former.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Whether trying again is safe and sensible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same would happen again, or nobody knows better.
    Never,
    /// It may help, but the request may have been acted on: only for methods that may be repeated (RFC 9110
    /// section 9.2.2).
    IfIdempotent,
    /// It may help, and nothing was acted on.
    Yes,
}

impl Retry {
    /// The name that scripts and reports know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::IfIdempotent => "if-idempotent",
            Self::Yes => "yes",
        }
    }
}

macro_rules! kinds {
    ($($variant:ident, $name:literal, $exit:ident, $retry:ident, $hint:literal;)*) => {
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

            /// Whether trying again is safe and sensible.
            pub fn retry(self) -> Retry {
                match self { $(Self::$variant => Retry::$retry,)* }
            }

            /// What to do next, where the error itself knows nothing better.
            pub fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint,)* }
            }
        }
    };
}

kinds! {
    Usage, "usage", Usage, Never, "see p12-test --help";

    RecordInvalid, "record-invalid", Usage, Never, "its fields are the options of the command line: see p12-test --help";
    ManifestUnusable, "manifest-unusable", P12, Never, "a manifest is one JSON object a line, or a .csv or .toml file: see p12-test batch --help";
    SomeFailed, "some-failed", Status, Never, "each result says why; --resume with the results that passed tests the others again";

    NotAP12, "not-a-p12", P12, Never, "export the certificate and its private key together as PKCS#12 (.p12, .pfx)";
    Truncated, "p12-truncated", P12, Never, "copy or download the file again, in binary mode";
    Malformed, "p12-malformed", P12, Never, "export the file again; compare its checksum with the original's";
    TooLarge, "p12-too-large", P12, Never, "a P12 holds a key and a few certificates; is this the right file?";
    Unsupported, "unsupported-algorithm", P12, Never, "export the P12 again with AES-256 and SHA-256, the default of current tools";
    PasswordNeeded, "password-needed", P12, Never, "name a source: --password-file, --password-env, --password-stdin or P12_TEST_PASSWORD";
    WrongPassword, "wrong-password", P12, Never, "the file itself is intact; ask whoever made it for its password";
    Changed, "p12-changed", P12, Never, "the password is right; copy the file again from where it was made";
    KeyPasswordDiffers, "key-password-differs", P12, Never, "store the key under the password of the file (keytool -importkeystore with -destkeypass)";
    Empty, "p12-empty", P12, Never, "export the certificate together with its private key";
    NoKey, "no-key", P12, Never, "this is a trust store or a bare certificate; export the certificate together with its private key";
    NoCertificate, "no-certificate", P12, Never, "add the certificate that was issued for this key, then export both";
    KeyMismatch, "key-mismatch", P12, Never, "export again with the certificate that was issued for this very key";
    SeveralKeys, "several-keys", P12, Never, "choose one with --alias";
    UnknownAlias, "unknown-alias", P12, Never, "choose one of the names above with --alias";
    KeyNotForTls, "key-not-for-tls", P12, Never, "ask for a certificate on an RSA, EC or Ed25519 key";

    NameUnknown, "name-unknown", Unreached, Never, "check the spelling of the host; --resolve HOST:PORT:ADDRESS goes around DNS";
    DnsFailure, "dns-failure", Unreached, Yes, "the name server failed or did not answer; try again, or go around it with --resolve HOST:PORT:ADDRESS";
    ConnectionRefused, "connection-refused", Unreached, Yes, "nothing listens there, or a firewall says no: check host and port";
    Unroutable, "unroutable", Unreached, Yes, "no route from this machine to that address: check network, VPN, -4 and -6";
    ConnectTimeout, "connect-timeout", Unreached, Yes, "a firewall may drop the packets; is this machine's address allowed? --connect-timeout waits longer";
    ConnectionFailed, "connection-failed", Unreached, Yes, "check the network between this machine and the endpoint";
    TlsTimeout, "tls-timeout", Unreached, Yes, "the port is open but nothing speaks TLS there in time; check the port";
    Timeout, "timeout", Unreached, IfIdempotent, "the endpoint took the request and did not answer in time; -m SECONDS waits longer";
    AddressForbidden, "address-forbidden", Unreached, Never, "the network policy keeps such addresses out; --allow-net CIDR opens it";
    ProxyRefused, "proxy-refused", Unreached, Never, "ask whoever runs the proxy to allow the endpoint, or bypass it with NO_PROXY";
    ProxyCredentials, "proxy-credentials", Unreached, Never, "give them in the proxy's URL or with --proxy-user-file";
    ProxyFailed, "proxy-failed", Unreached, Yes, "check --proxy and the variables HTTPS_PROXY and ALL_PROXY";
    NotTls, "not-tls", Unreached, Never, "check the scheme and the port of the URL";
    PlainHttp, "plain-http", Unreached, Never, "the port speaks HTTP without TLS; check the port: https is another one, most often 443 or 8443";
    TlsVersion, "no-shared-tls-version", Unreached, Never, "the endpoint speaks other TLS versions than were offered; --tls-min 1.0 offers old ones too, to see";
    NoCipher, "no-shared-cipher", Unreached, Never, "the two sides share no cipher, group or signature algorithm; ask the endpoint's owner which it takes, and for its log";
    NameNotServed, "name-not-served", Unreached, Never, "the server there does not know this host name; check the URL's host, and what --resolve points it to";
    NoProtocol, "no-shared-protocol", Unreached, Never, "the endpoint takes none of the offered protocols; --http2 offers HTTP/2 as well";
    WeakKeyExchange, "weak-key-exchange", Unreached, Never, "the endpoint's owner must use a larger DH group, or ECDHE; --tls-min 1.0 accepts it, to see";
    LegacyRenegotiation, "legacy-renegotiation", Unreached, Never, "the endpoint's TLS lacks RFC 5746 and must be updated";
    HandshakeReset, "handshake-reset", Unreached, Yes, "a firewall, a wrong port or a server that wants another name or certificate: ask for the endpoint's log";
    HandshakeFailed, "handshake-failed", Unreached, Never, "the two sides share no TLS version, cipher or signature; see -v, --tls-min and --tls-max";

    ServerUntrusted, "server-untrusted", Untrusted, Never, "name the CA that issued it with --cacert; -k goes on without trust";
    ServerChainIncomplete, "server-chain-incomplete", Untrusted, Never, "the server must send its intermediate certificate; or name the missing CA with --cacert";
    ServerChainInvalid, "server-chain-invalid", Untrusted, Never, "the endpoint's certificates break a rule of X.509 (RFC 5280), so no trust in a CA helps: its owner must replace them; -k goes on without trust";
    ServerSelfSigned, "server-self-signed", Untrusted, Never, "name that very certificate with --cacert if it is the right one; -k goes on without trust";
    ServerRevoked, "server-revoked", Untrusted, Never, "its CA has revoked it: the endpoint's owner must replace it";
    ServerWeak, "server-weak", Untrusted, Never, "the endpoint's owner must replace it by one with SHA-256 and a key of today's size; --tls-min 1.0 lets old rules pass, to see";
    ServerExpired, "server-expired", Untrusted, Never, "the endpoint's owner must renew it; check this machine's clock too";
    ServerNotYetValid, "server-not-yet-valid", Untrusted, Never, "check this machine's clock; else the endpoint's owner must replace it";
    ServerWrongHost, "server-wrong-host", Untrusted, Never, "use a host name that the certificate holds; --resolve points it to the address";

    ClientUnknownCa, "client-certificate-unknown-ca", Refused, Never, "either the endpoint does not trust its CA, or an intermediate is missing from the P12: ask the owner which CA is trusted there, and export the P12 with its whole chain";
    ClientExpired, "client-certificate-expired", Refused, Never, "renew the certificate; if it is valid here, the endpoint's clock may be wrong";
    ClientRevoked, "client-certificate-revoked", Refused, Never, "its CA has revoked it: ask why, then for a new one";
    ClientUnsupported, "client-certificate-unsupported", Refused, Never, "the endpoint does not take this kind of certificate: its key type, key usage or purpose (clientAuth)";
    ClientDenied, "client-certificate-denied", Refused, Never, "the certificate is valid there, and this one may not in: ask the endpoint's owner to admit its subject";
    ClientRefused, "client-certificate-refused", Refused, Never, "ask the endpoint's owner which CA it trusts and whether this certificate is on its list";
    ClientRequired, "client-certificate-required", Refused, Never, "the endpoint insists on a certificate and got none";
    ClientKeyUnfit, "client-key-unfit", Refused, Never, "ask the endpoint's owner which key types it takes, then for a certificate on such a key";
    ClientRefusedOrReset, "client-certificate-refused-or-reset", Refused, IfIdempotent, "ask the endpoint's owner for its log at this time";

    PlatformLookup, "platform-lookup-failed", Platform, Yes, "check the account number; --domain HOST names the platform's host without a lookup";
    PlatformCredential, "platform-credential-refused", Platform, Never, "check the credential and its age (a Bearer token lives 8 hours); OAuth1 also needs this machine's clock to be right";
    PlatformForbidden, "platform-forbidden", Platform, Never, "see its message; most often the credential lacks the permission MTLS_READ_INTERNAL for this very account, or mutual TLS is not switched on for it";
    PlatformRemote, "platform-remote-failed", Platform, IfIdempotent, "the platform could not get an answer: does the endpoint let the platform's addresses in, and does each side trust the other's CA? --compare shows how it looks from here";
    PlatformRate, "platform-rate-limited", Platform, Yes, "the platform takes 10 requests a second from one address: wait, then try again";
    PlatformFailed, "platform-failed", Platform, Never, "the platform's own answer is above; a 500 can also mean that it cannot use this P12 or password";

    RoutesDiffer, "routes-differ", Status, Never, "the endpoint does not treat this machine and the platform alike";
    Status, "status", Status, Never, "the answer above says why; --expect names the statuses that count as success";

    CertificateRejected, "certificate-rejected-by-page", Status, Never, "ask the endpoint's owner which CA it trusts and whether this certificate is on its list";
    CertificateMissed, "certificate-missed-by-page", Status, Never, "something between the TLS connection and the page lost the certificate: ask the endpoint's owner how it is passed on";
    LoginPage, "redirected-to-login", Status, Never, "the endpoint wants people to log in, so the certificate did not get you in; check the URL; --expect 3xx takes it as success";
    Misdirected, "misdirected", Status, Never, "the server does not serve this Host over this connection: the host of the URL (SNI) and the Host header must be the same";

    NotRequested, "certificate-not-requested", Untested, Never, "ask the endpoint's owner to switch client certificates on for this URL; --allow-unrequested accepts it";
    NotSent, "certificate-not-sent", Untested, Never, "the endpoint accepts none of this key's signature algorithms; ask which key types it takes";
    NotInsisted, "certificate-not-insisted", Untested, Never, "the endpoint answers with the same status without the certificate, so this status proves nothing about it";

    CutShort, "answer-cut-short", BrokenAnswer, IfIdempotent, "the endpoint or something on the way ended the connection; try again";
    HeadTooLarge, "answer-head-too-large", BrokenAnswer, Never, "the endpoint sends more headers than any client takes; look for a loop that adds cookies";
    AnswerMalformed, "answer-malformed", BrokenAnswer, Never, "the endpoint, or a proxy before it, breaks HTTP: ask its owner for the log";
    AnswerReset, "answer-reset", BrokenAnswer, IfIdempotent, "the endpoint or something on the way gave up while it answered; try again";
    AnswerTimeout, "answer-timeout", BrokenAnswer, IfIdempotent, "-m SECONDS waits longer";
    EndUnproven, "answer-end-unproven", BrokenAnswer, IfIdempotent, "the connection ended without TLS's own goodbye, so something may be missing; the endpoint should send a Content-Length or a close_notify";
    NotHttp, "not-http", BrokenAnswer, Never, "the port speaks TLS but not HTTP; check host and port";

    FileUnreadable, "file-unreadable", Machine, Never, "check the path and its permissions";
    FileExposed, "file-exposed", Machine, Never, "let only its owner read it: chmod 600 FILE";
    OutOfFiles, "out-of-files", Machine, Yes, "raise this machine's limit on open files (ulimit -n), or do less at once";
    OutputFailed, "output-failed", Machine, Never, "check the disk, the path and its permissions";
    Interrupted, "interrupted", Interrupted, IfIdempotent, "run it again; a request that was on its way may have been acted on";
    Internal, "internal", Machine, Never, "this is a fault of p12-test; please report it with the output of -v";
}

/// A fault: what kind, and one sentence on what happened to which thing. Holds no secret.
#[derive(Debug, Clone)]
pub struct Error {
    /// Its stable name, exit status and usual hint.
    pub kind: Kind,
    /// One sentence, lower case, without a full stop.
    pub message: String,
    hint: Option<String>,
    retry: Option<Retry>,
    /// When to try again, as `Retry-After` says (RFC 9110 section 10.2.3).
    pub retry_after: Option<Foreign>,
}

/// Anything that may fail with our own [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A fault of this kind, told in one sentence.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, retry: None, retry_after: None }
    }

    /// The same with a hint that fits better than the kind's own.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same with better advice on trying again, and when.
    #[must_use]
    pub fn with_retry(self, retry: Retry, after: Option<Foreign>) -> Self {
        Self { retry: Some(retry), retry_after: after, ..self }
    }

    /// Whether trying again is safe and sensible.
    pub fn retry(&self) -> Retry {
        self.retry.unwrap_or_else(|| self.kind.retry())
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
