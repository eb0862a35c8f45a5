//! The table of kinds. Their names are stable: scripts, reports and the manual, p12-test-kinds(7), use them.

use super::exit::{Exit, Retry};

// Each kind: its meaning, then its name, exit status and retry advice, then its hint.
kinds! {
    /// The command line is incomplete or contradicts itself, or one of its values cannot be used.
    Usage, "usage", Usage, Never:
        "see p12-test --help";

    /// A record of a batch cannot be read, or does not describe a test.
    RecordInvalid, "record-invalid", Usage, Never:
        "correct the record; its fields are the options of the command line: see p12-test --help";
    /// The manifest of a batch, its defaults or the results to resume from cannot be read.
    ManifestUnusable, "manifest-unusable", P12, Never:
        "a manifest is NDJSON (one JSON object per line), CSV or TOML: see p12-test batch --help";
    /// At least one test of a batch, or one step of the demo, did not end as it should.
    SomeFailed, "some-failed", Status, Never:
        "each result says why; to repeat only the failed tests, give --resume the results that passed";

    /// The file is not a P12.
    NotAP12, "not-a-p12", P12, Never:
        "export the certificate together with its private key as PKCS#12 (.p12, .pfx)";
    /// The file is a P12 whose end is missing.
    Truncated, "p12-truncated", P12, Never:
        "copy or download the file again, in binary mode";
    /// The file starts as a P12, but a part of it cannot be decoded.
    Malformed, "p12-malformed", P12, Never:
        "compare its checksum with the original's; if they are the same, export the file again";
    /// The file is larger than 8 MiB.
    TooLarge, "p12-too-large", P12, Never:
        "check that this is the right file; a P12 is usually a few kilobytes";
    /// The file uses an algorithm that is not supported, or takes more computation than one file may.
    Unsupported, "unsupported-algorithm", P12, Never:
        "export the P12 again with AES-256 and SHA-256, the default of current tools";
    /// A password is needed, and none was given.
    PasswordNeeded, "password-needed", P12, Never:
        "give one: --password-file, --password-env, --password-stdin or P12_TEST_PASSWORD";
    /// The password fits neither the MAC (the integrity check) nor anything encrypted in the file; or, with letters beyond
    /// ASCII, only one of the two.
    WrongPassword, "wrong-password", P12, Never:
        "check the password; the person who exported the file can tell you the right one";
    /// The password is right, but the file was changed after it was written: its MAC does not fit.
    Changed, "p12-changed", P12, Never:
        "copy the file again from the place where it was made";
    /// The password opens the file, but its key or another part has a different password.
    KeyPasswordDiffers, "key-password-differs", P12, Never:
        "give the key's password, too (--key-password-file, --key-password-env or P12_TEST_KEY_PASSWORD); p12-test repack then makes a file with one password for both, as many programs need it";
    /// The file holds neither a private key nor a certificate.
    Empty, "p12-empty", P12, Never:
        "export the certificate together with its private key";
    /// The file holds no private key.
    NoKey, "no-key", P12, Never:
        "export the certificate together with its private key; a trust store is not enough";
    /// The file holds a private key but no certificate.
    NoCertificate, "no-certificate", P12, Never:
        "export the key together with the certificate that was issued for it";
    /// None of the certificates in the file belongs to its private key.
    KeyMismatch, "key-mismatch", P12, Never:
        "export the key again, with the certificate that was issued for it";
    /// The file holds several keys, and nothing says which one to use.
    SeveralKeys, "several-keys", P12, Never:
        "choose one with --alias";
    /// No key in the file has the name that --alias asks for.
    UnknownAlias, "unknown-alias", P12, Never:
        "choose one of the names above with --alias";
    /// The key is of a type that cannot sign in TLS.
    KeyNotForTls, "key-not-for-tls", P12, Never:
        "ask the CA for a certificate with an RSA key, an EC key on P-256 or P-384, or an Ed25519 key";

    /// DNS says that the host name does not exist.
    NameUnknown, "name-unknown", Unreached, Never:
        "check the spelling of the host; --resolve HOST:PORT:ADDRESS bypasses DNS";
    /// DNS says that the host name exists and has no address.
    NameWithoutAddress, "name-without-address", Unreached, Never:
        "ask the owner of the domain for its address; --resolve HOST:PORT:ADDRESS takes one without DNS";
    /// The name server failed or did not answer, so it is not known whether the name exists.
    DnsFailure, "dns-failure", Unreached, Yes:
        "try again, check this machine's name server, or bypass DNS with --resolve HOST:PORT:ADDRESS";
    /// The TCP connection was refused, by the host or by a firewall.
    ConnectionRefused, "connection-refused", Unreached, Yes:
        "nothing listens on that port, or a firewall rejects the connection: check host and port";
    /// There is no route from this machine to the address.
    Unroutable, "unroutable", Unreached, Yes:
        "check this machine's network and VPN, and the options -4 and -6";
    /// The TCP connection was not established in time.
    ConnectTimeout, "connect-timeout", Unreached, Yes:
        "a firewall may drop the packets: ask whether it lets this machine through; \
         --connect-timeout waits longer";
    /// The TCP connection failed for a reason that no other kind names.
    ConnectionFailed, "connection-failed", Unreached, Yes:
        "check the network between this machine and the endpoint";
    /// The TCP connection was established, but the TLS handshake was not complete in time.
    TlsTimeout, "tls-timeout", Unreached, Yes:
        "check the port: something accepts connections there, but does not answer in TLS";
    /// No answer came in time.
    Timeout, "timeout", Unreached, IfIdempotent:
        "-m SECONDS waits longer; if that does not help, ask the endpoint's owner for its log";
    /// The serve command does not call this address, as it is not public and its network was not allowed.
    AddressForbidden, "address-forbidden", Unreached, Never:
        "the operator of serve can allow the network with --allow-net CIDR";
    /// The proxy does not allow a connection to the endpoint.
    ProxyRefused, "proxy-refused", Unreached, Never:
        "ask the proxy's administrator to allow the endpoint, or bypass the proxy with NO_PROXY";
    /// The proxy wants credentials, or does not accept those that were given.
    ProxyCredentials, "proxy-credentials", Unreached, Never:
        "give user and password in the proxy's URL or with --proxy-user-file";
    /// The proxy cannot be reached or used, or did not connect to the endpoint.
    ProxyFailed, "proxy-failed", Unreached, Yes:
        "check --proxy and the variables HTTPS_PROXY and ALL_PROXY";
    /// What answers on the port is not TLS.
    NotTls, "not-tls", Unreached, Never:
        "check the scheme and the port of the URL";
    /// The port speaks HTTP without TLS.
    PlainHttp, "plain-http", Unreached, Never:
        "use the port for HTTPS, most often 443 or 8443";
    /// The endpoint and this machine have no TLS version in common.
    TlsVersion, "no-shared-tls-version", Unreached, Never:
        "ask the endpoint's owner to enable TLS 1.2 or 1.3; as a test, --tls-min 1.0 offers old versions too";
    /// The endpoint rejected the first message: it shares no cipher, group or signature algorithm with this
    /// machine, or does not serve this host name.
    NoCipher, "no-shared-cipher", Unreached, Never:
        "ask the endpoint's owner which ciphers, groups and signature algorithms it accepts, and for its log";
    /// The endpoint says that it does not serve this host name (alert 112 unrecognized_name).
    NameNotServed, "name-not-served", Unreached, Never:
        "check the host in the URL, and that it leads to the right server (DNS, or --resolve)";
    /// The endpoint does not speak the version of HTTP that was offered.
    NoProtocol, "no-shared-protocol", Unreached, Never:
        "--http2 offers HTTP/2 as well; if it takes that neither, it speaks no HTTP there (a database, a broker): \
         check host and port";
    /// The endpoint's key exchange is too weak: a small Diffie-Hellman group, or a signature with SHA-1.
    WeakKeyExchange, "weak-key-exchange", Unreached, Never:
        "ask the endpoint's owner for a larger DH group or ECDHE; as a test, --tls-min 1.0 accepts it";
    /// The endpoint does not support secure renegotiation (RFC 5746), so its TLS is open to an attack.
    LegacyRenegotiation, "legacy-renegotiation", Unreached, Never:
        "ask the endpoint's owner to update its TLS software";
    /// The connection ended without an alert during the TLS handshake.
    HandshakeReset, "handshake-reset", Unreached, Yes:
        "check host and port, and ask the endpoint's owner for its log; a firewall can be the cause too, \
         or a protocol that begins without TLS (PostgreSQL, STARTTLS)";
    /// The endpoint asked for a client certificate in a way that breaks TLS.
    RequestMalformed, "certificate-request-malformed", Unreached, Never:
        "ask the endpoint's owner to repair the server, or what changes TLS on the way to it";
    /// The endpoint ended the handshake through a fault of its own (alert 80 internal_error).
    EndpointFault, "endpoint-internal-error", Unreached, Yes:
        "ask the endpoint's owner for its log; known causes are a list of trusted CAs that is longer than a CertificateRequest \
         can hold (65535 bytes), and a host name that it has no certificate for (Traefik's sniStrict)";
    /// The TLS handshake failed for a reason that no other kind names.
    HandshakeFailed, "handshake-failed", Unreached, Never:
        "ask the endpoint's owner for its log; the steps of the handshake (-v) say how far it came";

    /// The endpoint's certificate was issued by a CA that is not trusted here.
    ServerUntrusted, "server-untrusted", Untrusted, Never:
        "name that CA with --cacert; -k skips this check";
    /// The issuer of the endpoint's certificate is neither sent by the endpoint nor trusted here.
    ServerChainIncomplete, "server-chain-incomplete", Untrusted, Never:
        "ask the endpoint's owner to send the intermediate certificate, or name the missing CA with --cacert";
    /// The endpoint's certificates break a rule of X.509 (RFC 5280).
    ServerChainInvalid, "server-chain-invalid", Untrusted, Never:
        "ask the endpoint's owner to replace them; trusting a CA does not help, but -k skips this check";
    /// The endpoint's certificate is signed with its own key, and is not trusted here.
    ServerSelfSigned, "server-self-signed", Untrusted, Never:
        "if it is the right certificate, name it with --cacert; -k skips this check";
    /// The endpoint's certificate was revoked, says the OCSP status that the endpoint sends with it.
    ServerRevoked, "server-revoked", Untrusted, Never:
        "ask the endpoint's owner to replace the certificate";
    /// The endpoint's certificate or one of its CAs has a key or signature that is too weak.
    ServerWeak, "server-weak", Untrusted, Never:
        "ask the endpoint's owner for a certificate with SHA-256 and a larger key; \
         as a test, --tls-min 1.0 accepts this one";
    /// The endpoint's certificate or one of its CAs has expired.
    ServerExpired, "server-expired", Untrusted, Never:
        "ask the endpoint's owner to renew it; check this machine's clock too";
    /// The endpoint's certificate or one of its CAs is not valid yet.
    ServerNotYetValid, "server-not-yet-valid", Untrusted, Never:
        "check this machine's clock; if it is right, ask the endpoint's owner to replace the certificate";
    /// The endpoint's certificate does not name the host in the URL.
    ServerWrongHost, "server-wrong-host", Untrusted, Never:
        "use a host name from the certificate; --resolve HOST:PORT:ADDRESS gives that name this address";

    /// The endpoint says that it does not know the CA of the client certificate (alert 48 unknown_ca).
    ClientUnknownCa, "client-certificate-unknown-ca", Refused, Never:
        "ask the endpoint's owner which CAs it trusts; \
         if an intermediate certificate is missing from the P12, export it with its whole chain";
    /// The endpoint says that the client certificate has expired (alert 45 certificate_expired).
    ClientExpired, "client-certificate-expired", Refused, Never:
        "renew the certificate; if it is still valid, ask the endpoint's owner to check its CRL, its CAs and its clock";
    /// The endpoint refused a client certificate that is not valid yet as out of date (alert 45 certificate_expired).
    ClientNotYetValid, "client-certificate-not-yet-valid", Refused, Never:
        "wait until the certificate is valid; check this machine's clock too";
    /// The endpoint says that the client certificate was revoked (alert 44 certificate_revoked).
    ClientRevoked, "client-certificate-revoked", Refused, Never:
        "ask the certificate's CA whether it was revoked, and why; a revoked certificate must be replaced";
    /// The endpoint says that it does not accept this type of certificate (alert 43 unsupported_certificate).
    ClientUnsupported, "client-certificate-unsupported", Refused, Never:
        "ask the endpoint's owner which key types, key usages and purposes (clientAuth) it accepts";
    /// The endpoint says that this certificate may not have access (alert 49 access_denied).
    ClientDenied, "client-certificate-denied", Refused, Never:
        "this certificate is not authorized: ask the endpoint's owner to allow its subject";
    /// The endpoint refused the client certificate and did not say why.
    ClientRefused, "client-certificate-refused", Refused, Never:
        "ask the endpoint's owner which CAs it trusts and whether it allows this certificate";
    /// The endpoint requires a client certificate, and the call was made without one.
    ClientRequired, "client-certificate-required", Refused, Never:
        "make the call with a certificate";
    /// The endpoint requires a client certificate, and none of its signature algorithms fits this key.
    ClientKeyUnfit, "client-key-unfit", Refused, Never:
        "ask the endpoint's owner to accept such keys, or which it accepts: a certificate on one of those fits";
    /// The endpoint ended the connection after the client certificate was sent, and did not say why.
    ClientRefusedOrReset, "client-certificate-refused-or-reset", Refused, IfIdempotent:
        "ask the endpoint's owner for its log at this time";

    /// The platform's host was not found: the Domain API did not name it.
    PlatformLookup, "platform-lookup-failed", Platform, Yes:
        "check the account number, or name the platform's host with --domain HOST";
    /// The platform does not accept the credential.
    PlatformCredential, "platform-credential-refused", Platform, Never:
        "check the credential: a Bearer token is valid for 8 hours, \
         and OAuth1 needs the right time on this machine";
    /// The platform knows the credential, but does not allow it to make this call.
    PlatformForbidden, "platform-forbidden", Platform, Never:
        "read the platform's message; most often the credential lacks the permission MTLS_READ_INTERNAL for \
         this account, or mutual TLS is not enabled for the account";
    /// The platform called the endpoint and got no answer.
    PlatformRemote, "platform-remote-failed", Platform, IfIdempotent:
        "ask the endpoint's owner to let the platform's addresses in; each side must trust the other's CA; \
         --compare shows how it looks from here";
    /// The platform refused the call, as too many came within a second.
    PlatformRate, "platform-rate-limited", Platform, Yes:
        "wait, then try again: the platform accepts 10 requests a second from one address";
    /// The platform answered with an error of its own that no other kind names.
    PlatformFailed, "platform-failed", Platform, Never:
        "read the platform's answer above; a 500 can also mean that it cannot use this P12 or password";

    /// The calls from this machine and through the platform did not end alike.
    RoutesDiffer, "routes-differ", Status, Never:
        "ask the endpoint's owner why it treats this machine and the platform differently";
    /// The endpoint answered with a status that does not count as success.
    Status, "status", Status, Never:
        "see the answer; --expect sets the statuses that count as success";

    /// The endpoint's answer says that it refuses the client certificate.
    CertificateRejected, "certificate-rejected-by-page", Status, Never:
        "ask the endpoint's owner which CAs it trusts and whether it allows this certificate";
    /// The endpoint's answer says that no client certificate came.
    CertificateMissed, "certificate-missed-by-page", Status, Never:
        "something between the TLS connection and the page lost the certificate: \
         ask the endpoint's owner how it is passed on";
    /// The endpoint redirects to a login page.
    LoginPage, "redirected-to-login", Status, Never:
        "check the URL: the endpoint wants people to log in, so the certificate alone is not enough; \
         --expect 3xx counts the redirect as success";
    /// The server does not serve this host on this connection (status 421).
    Misdirected, "misdirected", Status, Never:
        "use the same host name in the URL and in the Host header";

    /// The endpoint answered without asking for a client certificate, so the P12 was not tested.
    NotRequested, "certificate-not-requested", Untested, Never:
        "ask the endpoint's owner to enable client certificates for this URL; --allow-unrequested accepts it";
    /// The endpoint answered, but takes none of this key's signature algorithms, so no certificate was sent.
    NotSent, "certificate-not-sent", Untested, Never:
        "ask the endpoint's owner which key types it accepts";
    /// The call without the certificate (--control) does not show that the endpoint insists on one.
    NotInsisted, "certificate-not-insisted", Untested, Never:
        "the status is the same without the certificate, so it proves nothing: \
         ask the endpoint's owner to require one";

    /// The connection ended before the answer was complete.
    CutShort, "answer-cut-short", BrokenAnswer, IfIdempotent:
        "try again; if it happens again, ask the endpoint's owner for its log";
    /// The head of the answer is larger than HTTP clients accept.
    HeadTooLarge, "answer-head-too-large", BrokenAnswer, Never:
        "ask the endpoint's owner why it sends so many headers; a loop that adds cookies is a usual cause";
    /// The answer breaks the rules of HTTP.
    AnswerMalformed, "answer-malformed", BrokenAnswer, Never:
        "ask the owner of the endpoint, or of a proxy in front of it, for the log";
    /// The connection or the HTTP/2 stream was reset before the answer was complete.
    AnswerReset, "answer-reset", BrokenAnswer, IfIdempotent:
        "try again; if it happens again, ask the endpoint's owner for its log";
    /// The answer was not complete in time.
    AnswerTimeout, "answer-timeout", BrokenAnswer, IfIdempotent:
        "-m SECONDS waits longer";
    /// The answer ended with the connection, without a length or a close_notify: a part may be missing.
    EndUnproven, "answer-end-unproven", BrokenAnswer, IfIdempotent:
        "ask the endpoint's owner to send a Content-Length, or to end TLS with a close_notify";
    /// The port speaks TLS, but not HTTP.
    NotHttp, "not-http", BrokenAnswer, Never:
        "check the host and the port of the URL";

    /// A file cannot be read, or does not hold what it should.
    FileUnreadable, "file-unreadable", Machine, Never:
        "check the path and its permissions";
    /// A file that holds credentials can be read by others than its owner.
    FileExposed, "file-exposed", Machine, Never:
        "let only its owner read it: chmod 600 FILE";
    /// This machine does not let the program open more files and connections.
    OutOfFiles, "out-of-files", Machine, Yes:
        "raise this machine's limit on open files (ulimit -n), or do less at once";
    /// An output cannot be written, or a port cannot be opened.
    OutputFailed, "output-failed", Machine, Never:
        "check the disk, the path and its permissions";
    /// The run was ended by Ctrl-C or SIGTERM.
    Interrupted, "interrupted", Interrupted, IfIdempotent:
        "run it again; a request that was already sent may have been acted on";
    /// The program itself failed.
    Internal, "internal", Machine, Never:
        "this is a bug in p12-test: please report it with the output of -v";
}
