//! The table of the cases, but for flaws of certificates.

use super::servers::At::{self, Answer, Apache, Inspect, Nginx, Nowhere, OpenSsl};
use super::{Case, case};

pub(super) fn cases() -> Vec<Case> {
    [files(), endpoints(), between(), nginx(), apache(), answers()].into_iter().flatten().collect()
}

/// What must not be said where the P12 is flawless.
const CHANGES: &[&str] =
    &["renew", "export it", "export the P12", "P12 lacks", "ask its CA for", "new certificate", "repack"];

fn files() -> Vec<Case> {
    let utf8 = &["took it for text in UTF-8", "copy the original again as a binary file"];
    let crlf = &["has a carriage return before it: Git", "*.p12 binary", "get the original again"];
    let opened = [
        case("root first in the file", "root-first.p12", Inspect, 0, "chain-unordered")
            .says(&["in another order than a chain has", "p12-test repack root-first.p12"]),
        case("localKeyID of a CA", "local-key-id-of-ca.p12", Inspect, 0, "key-id-elsewhere").says(&[
            "is that of CN=Issuing",
            "the key belongs to CN=client",
            "p12-test repack",
        ]),
        case("a secret of Key Vault", "keyvault.json", STRICT, 0, "passed").says(&["gets through to"]),
        case("a secret in quotes", "keyvault-quoted.txt", STRICT, 0, "passed").says(&["gets through to"]),
        case("base64 twice", "base64-twice.txt", STRICT, 0, "passed").says(&["gets through to"]),
    ];
    let refused = [
        case("for groups of Windows", "--password wrong group-protected.pfx", Nowhere, 3, NO_ALGORITHM)
            .says(&["protected to Windows users or groups", "export it again with a password"]),
        case("the key has its own password", "key-password.p12", Nowhere, 3, "key-password-differs")
            .says(&["its key has another password", "--key-password-file"]),
        case("SM2", "sm2.p12", Nowhere, 3, "key-not-for-tls")
            .says(&["EC SM2, OID 1.2.156.10197.1.301", "ask the CA for a certificate with an RSA key"]),
        case("of CryptoPro", "cryptopro.pfx", Nowhere, 3, NO_ALGORITHM)
            .says(&["an algorithm of CryptoPro CSP", "CryptoPro's own tools"]),
    ];
    let refused = refused.map(|case| case.never(&["the password does not match"]));
    let damaged = [damaged("through-utf8.p12", utf8), damaged("through-crlf.p12", crlf)].concat();
    opened.into_iter().chain(newline()).chain(refused).chain(damaged).collect()
}

const NO_ALGORITHM: &str = "unsupported-algorithm";

/// A file that a copy has damaged.
fn damaged(file: &'static str, cause: &'static [&'static str]) -> Vec<Case> {
    [Inspect, Nowhere].map(|at| case(file, file, at, 3, "p12-malformed").says(cause)).into()
}

/// The password ends with a newline, as scripts make it.
fn newline() -> Vec<Case> {
    let added = &["fits with a newline added at its end", "the P12 was made with that in its password"];
    let file = "password-ends-with-newline.p12";
    let bare = "--password-file bare-password.txt password-ends-with-newline.p12";
    vec![
        case(bare, bare, Inspect, 0, "password-source").says(added),
        case(bare, bare, STRICT, 0, "passed").says(added),
        case(file, file, STRICT, 0, "passed")
            .says(&["the password in password.txt fitted with the newline at its end"]),
    ]
}

/// The P12 is flawless, and the endpoint is not.
fn endpoints() -> Vec<Case> {
    vec![
        case(
            "its CRL is out of date",
            "client.p12",
            OpenSsl("-Verify 5 -verify_return_error -CAfile ca-crl-old.pem -crl_check_all"),
            6,
            "client-certificate-refused",
        )
        .says(&[
            "alert 45 certificate_expired; by this machine's clock all certificates in the P12 are valid",
            "ask its owner for the log: a CRL that is out of date",
        ])
        .never(CHANGES),
        case(
            "it trusts an intermediate without its root",
            "client.p12",
            OpenSsl("-Verify 5 -verify_return_error -CAfile ca-intermediate-only.pem"),
            6,
            "client-certificate-unknown-ca",
        )
        .says(&[
            "a CA that the endpoint accepts by name, and not to the root above that",
            "ask its owner to trust CN=Test CA, O=p12-test demo too",
        ])
        .never(CHANGES),
        case(
            "a CA of the same name has another key",
            "device-b.p12",
            OpenSsl("-Verify 5 -verify_return_error -CAfile ca-same-a.pem"),
            6,
            "client-certificate-refused",
        )
        .says(&["a signature did not verify", "a CA certificate named CN=Device CA with another key"])
        .never(CHANGES),
        case(
            "it names more CAs than TLS can",
            "client.p12",
            OpenSsl("-Verify 5 -verify_return_error -CAfile ca-many.pem"),
            4,
            "endpoint-internal-error",
        )
        .says(&["through a fault of its own", "longer than a CertificateRequest can hold"])
        .never(CHANGES),
    ]
}

/// An endpoint that trusts the root, and insists on a certificate.
pub(super) const STRICT: At = OpenSsl("-Verify 5 -verify_return_error -CAfile ca.pem");

/// A proxy that inspects TLS, and a virtual host that is another one.
fn between() -> Vec<Case> {
    let inspector = OpenSsl("-cert inspected.pem -key inspected.key");
    let exempt = &["the CA CN=Acme TLS Inspection CA", "ask its administrator to exempt this host"];
    vec![
        case("TLS is inspected", "client.p12", inspector, 5, "server-chain-incomplete")
            .says(exempt)
            .never(&["-k skips"]),
        case(
            "TLS is inspected, and its CA trusted",
            "client.p12 --cacert ca-inspection.pem",
            inspector,
            8,
            "certificate-not-requested",
        )
        .says(exempt)
        .never(&["enable client certificates"]),
    ]
}

const DEPTH: &str = "server { listen PORT ssl; ssl_verify_client on; }";
const TWO_HOSTS: &str = "server { listen PORT ssl default_server; location / { return 200 welcome; } }
    server { listen PORT ssl; server_name api.test; ssl_verify_client on; }";
const NAMES_ONLY: &str = "server { listen PORT ssl default_server; ssl_reject_handshake on; }
    server { listen PORT ssl; server_name api.test; ssl_verify_client on; }";

fn nginx() -> Vec<Case> {
    vec![
        case("nginx, two intermediates", "deep.p12", Nginx(DEPTH), 1, "certificate-rejected-by-page")
            .says(&[
                "most likely because 2 CA certificates stand between",
                "ask its owner to raise ssl_verify_depth",
            ])
            .never(CHANGES)
            .never(&["ask for a certificate"]),
        case("another host answers", "client.p12", Nginx(TWO_HOSTS), 8, "certificate-not-requested")
            .url("127.0.0.1", "")
            .says(&["no host name was sent in TLS (SNI)", "--resolve NAME:PORT:127.0.0.1"])
            .never(CHANGES),
        case("hosts by name only", "client.p12", Nginx(NAMES_ONLY), 4, "name-not-served")
            .url("127.0.0.1", "")
            .says(&["wants a host name, and none was sent", "--resolve NAME:PORT:127.0.0.1"])
            .never(CHANGES),
    ]
}

const REQUIRED: &str = "SSLVerifyClient require";
const NO_RESPONDER: &str = "SSLVerifyClient require\nSSLVerifyDepth 5\nSSLOCSPEnable on\nSSLOCSPOverrideResponder on\n\
    SSLOCSPDefaultResponder http://127.0.0.1:1/";
const OLD_LISTS: &str = "SSLVerifyClient require\nSSLVerifyDepth 5\nSSLCARevocationCheck chain\n\
    SSLCARevocationFile ca-crl-old.pem";

fn apache() -> Vec<Case> {
    let late = "<Location />\nSSLVerifyClient require\nSSLVerifyDepth 5\n</Location>";
    let late = case(
        "Apache asks late, and the body is large",
        "client.p12 -d @body",
        Apache(late),
        8,
        "certificate-not-requested",
    )
    .says(&["only after the request's body", "SSLRenegBufferSize", "a call without the body shows"])
    .never(&["enable client certificates"]);
    let reset = "client-certificate-refused-or-reset";
    let refused = "client-certificate-refused";
    let all = [
        late,
        case("Apache's depth of 1", "client.p12", Apache(REQUIRED), 6, reset).says(&[
            "alert 80 internal_error",
            "Apache's SSLVerifyDepth, which allows 1 CA certificate unless it is set, and this chain needs 2",
        ]),
        case("Apache reaches no OCSP responder", "client.p12", Apache(NO_RESPONDER), 6, refused).says(&[
            "alert 40 handshake_failure",
            "ask its owner for the log: an OCSP responder that the endpoint",
        ]),
        case("Apache's CRL is out of date", "client.p12", Apache(OLD_LISTS), 6, refused)
            .says(&["alert 46 certificate_unknown", "ask its owner for the log: a CRL that is out of date"]),
    ];
    all.map(|case| case.never(CHANGES)).into()
}

/// The answer speaks of the certificate, and the P12 is flawless.
fn answers() -> Vec<Case> {
    let ask = "the fault is most likely at the endpoint, so ask its owner for the log";
    let rejected = [
        ("403 Forbidden\r\n\r\n<h3>HTTP Error 403.12 - Forbidden</h3>", "give access to CN=client"),
        ("403 Forbidden\r\n\r\n<h3>HTTP Error 403.13 - Forbidden</h3>", "cannot reach its CRL"),
        ("403 Forbidden\r\n\r\n<h3>HTTP Error 403.16 - Forbidden</h3>", "to trust the CA of the certificate"),
        ("403 Forbidden\r\n\r\n<h3>HTTP Error 403.17 - Forbidden</h3>", "a CRL that is out of date"),
        (
            "403 Forbidden\r\ndate: Thu, 01 Jan 2099 00:00:00 GMT\r\n\r\n<h3>HTTP Error 403.17 - Forbidden</h3>",
            "days behind the Date of the answer, by which the certificate is not valid: find out which clock is wrong",
        ),
        ("403 Forbidden\r\n\r\n{\"message\":\"Invalid client certificate\"}", ask),
        ("401 Unauthorized\r\n\r\n{\"message\":\"TLS certificate failed verification\"}", ask),
        (
            "401 Unauthorized\r\nwww-authenticate: Bearer error_description=\"client certificate thumbprint mismatch\"\r\n\r\n",
            "give access to CN=client",
        ),
        (
            "500 Internal Server Error\r\n\r\n<faultstring>The client certificate is not authorized</faultstring>",
            "give access to CN=client",
        ),
        ("422 Nope\r\n\r\nInvalid client certificate: thumbprint not registered", "give access to CN=client"),
        ("403 Invalid client certificate\r\n\r\n", "refused it in HTTP: 403 \"Invalid client certificate\";"),
    ];
    let rejected = rejected.map(|(answer, fix)| {
        case(answer, "client.p12", Answer(answer), 1, "certificate-rejected-by-page")
            .says(&["accepted the certificate in TLS and refused it in HTTP", fix])
    });
    let missed =
        "401 Unauthorized\r\n\r\n{\"error_description\":\"proper client ssl certificate was not presented\"}";
    let missed = case(missed, "client.p12", Answer(missed), 1, "certificate-missed-by-page")
        .says(&["the certificate was sent to", "ask the endpoint's owner how it is passed on"]);
    let other = [
        case("Envoy's RBAC", "client.p12", Answer("403 Forbidden\r\n\r\nRBAC: access denied"), 1, "status")
            .says(&["gives no access to CN=client", "see the answer, or ask its owner"]),
        case("Redis", "client.p12", Answer("-ERR unknown command 'GET'\r\n"), 9, "not-http")
            .says(&["that is Redis: check the host and the port", "it took the certificate in TLS"]),
    ];
    let absent = "503 Busy\r\n\r\n{\"error\":\"No client certificate was sent\"}";
    let absent = case(absent, "client.p12", Answer(absent), 1, "certificate-missed-by-page")
        .says(&["ask the endpoint's owner how it is passed on"]);
    let behind = "502 Bad Gateway\r\n\r\nthe client certificate has expired";
    let behind = case(behind, "client.p12", Answer(behind), 1, "status").says(&["a gateway got no answer"]);
    let expected = "400 Bad Request\r\n\r\n<title>400 The SSL certificate error</title>";
    let expected =
        case(expected, "--expect 400 client.p12", Answer(expected), 1, "certificate-rejected-by-page")
            .says(&["refused it in HTTP"]);
    let contrary = "200 OK\r\n\r\n{\"success\":false,\"message\":\"Client certificate required\"}";
    let contrary = case(contrary, "client.p12", Answer(contrary), 0, "passed").says(&[
        "the answer says \"Client certificate required\"",
        "says something against the certificate",
        "not proved: that client.p12 gets through",
    ]);
    let all = rejected.into_iter().chain([missed, absent, behind, expected, contrary]).chain(other);
    all.map(|case| case.never(CHANGES).never(&["Authorization"])).collect()
}
