//! The endpoint and our certificate, in TLS: asked for or not, sent or not, refused by an alert, a close, a reset.

use crate::peer::{Peer, peer};
use crate::row::{Row, both, row};
use crate::rows::SILENTLY;

const PORT: &str = "https://localhost:~port~/";

pub(crate) fn peers() -> Vec<Peer> {
    [s_servers(), by_key_type(), servers()].into_iter().flatten().collect()
}

const EXPIRED: &str = "certificate refused: expired";
const STRANGER: &str = "certificate refused: CA unknown";
const PARTIAL: &str = "certificate refused: intermediate missing";

/// Servers that give the reason in an alert.
fn refused() -> [Row; 4] {
    [
        row(EXPIRED, "client-certificate-expired", PORT).p12("expired"),
        row(STRANGER, "client-certificate-unknown-ca", PORT).p12("stranger"),
        row(PARTIAL, "client-certificate-unknown-ca", PORT).p12("leaf-only"),
        row("certificate refused: not yet valid", "client-certificate-refused", PORT).p12("early"),
    ]
}

fn refused_often() -> Vec<Row> {
    both(refused().map(|row| row.times(6)))
}

fn s_servers() -> Vec<Peer> {
    vec![
        peer(
            "openssl s_server",
            "openssl s_server -www -accept ~port~ -cert server-leaf.pem -key server.key -cert_chain server.pem -CAfile ca.pem -Verify 3 -verify_return_error -CRL issuing.crl -crl_check",
            [
                refused_often(),
                both([
                    row("certificate refused: revoked", "client-certificate-revoked", PORT).p12("revoked"),
                    row("certificate refused: for servers only", "client-certificate-unsupported", PORT)
                        .p12("server-only"),
                    row("certificate refused: that of a CA", "client-certificate-unsupported", PORT)
                        .p12("authority"),
                    row("certificate refused: key of 1024 bits", "client-certificate-refused", PORT)
                        .p12("weak"),
                    row("certificate accepted", "passed", PORT).with("--control"),
                ]),
            ]
            .concat(),
        ),
        peer(
            "openssl s_server",
            "openssl s_server -www -accept ~port~ -cert server-leaf.pem -key server.key -cert_chain server.pem",
            both([row("certificate never asked for", "certificate-not-requested", PORT)]),
        ),
        peer(
            "openssl s_server",
            "openssl s_server -www -accept ~port~ -cert server-leaf.pem -key server.key -cert_chain server.pem -CAfile ca.pem -verify 3",
            both([row("certificate asked for, and not insisted on", "certificate-not-insisted", PORT)
                .with("--control")]),
        ),
    ]
}

/// An RSA key at a server that accepts ECDSA only.
fn by_key_type() -> Vec<Peer> {
    vec![
        peer(
            "openssl s_server",
            "openssl s_server -www -accept ~port~ -cert server-leaf.pem -key server.key -cert_chain server.pem -CAfile ca.pem -client_sigalgs ECDSA+SHA256 -Verify 3 -verify_return_error",
            both([row("key type not taken, certificate insisted on", "client-key-unfit", PORT).p12("rsa")]),
        ),
        peer(
            "openssl s_server",
            "openssl s_server -www -accept ~port~ -cert server-leaf.pem -key server.key -cert_chain server.pem -CAfile ca.pem -client_sigalgs ECDSA+SHA256 -verify 3",
            both([row("key type not taken, certificate optional", "certificate-not-sent", PORT).p12("rsa")]),
        ),
    ]
}

fn servers() -> Vec<Peer> {
    let haproxy = "defaults\n  mode http\n  timeout connect 9s\n  timeout client 9s\n  timeout server 9s\n\
        frontend f\n  bind 127.0.0.1:~port~ ssl crt DIR/server-both.pem ca-file DIR/ca.pem crl-file DIR/crl.pem verify required\n\
        \x20 http-request return status 200 content-type text/plain string hello\n\
        frontend g\n  bind 127.0.0.1:~page~ ssl crt DIR/server-both.pem ca-file DIR/ca.pem verify optional crt-ignore-err all ca-ignore-err all\n\
        \x20 http-request deny deny_status 403 if { ssl_c_verify gt 0 }\n\x20 http-request return status 200 content-type text/plain string hello\n";
    let stunnel = "foreground = yes\npid =\n[s]\naccept = 127.0.0.1:~port~\nconnect = 127.0.0.1:1\ncert = DIR/server.pem\nkey = DIR/server.key\n\
        CAfile = DIR/ca.pem\nrequireCert = yes\nverifyChain = yes\n";
    vec![
        peer(
            "haproxy",
            "haproxy -db -q -f DIR/haproxy.cfg",
            [
                refused_often(),
                both([
                    row("certificate refused: revoked", "client-certificate-revoked", PORT).p12("revoked"),
                    row("certificate refused: for servers only", "client-certificate-unsupported", PORT)
                        .p12("server-only"),
                    row("certificate accepted", "passed", PORT).with("--control"),
                ]),
                vec![
                    row("page 403, certificate expired", "status", "https://localhost:~page~/")
                        .p12("expired"),
                    row("page 403, CA unknown", "status", "https://localhost:~page~/").p12("stranger"),
                ],
            ]
            .concat(),
        )
        .file("haproxy.cfg", haproxy),
        peer(
            "stunnel4",
            "stunnel4 DIR/stunnel.conf",
            [
                refused_often(),
                both([row(
                    "server behind the TLS endpoint is down",
                    "client-certificate-refused-or-reset",
                    PORT,
                )
                .alike(SILENTLY)]),
            ]
            .concat(),
        )
        .file("stunnel.conf", stunnel),
        apache(),
        gnutls(),
    ]
}

fn apache() -> Peer {
    let late = "https://localhost:~late~/asked.html";
    let rows = [
        refused_often(),
        vec![
            row("refused in a renegotiation: expired", "client-certificate-expired", late)
                .p12("expired")
                .only("1.2")
                .alike(EXPIRED)
                .times(6),
            row("refused in a renegotiation: CA unknown", "client-certificate-unknown-ca", late)
                .p12("stranger")
                .only("1.2")
                .alike(STRANGER)
                .times(6),
            row("refused after the handshake: expired", "client-certificate-expired", late)
                .p12("expired")
                .only("1.3")
                .alike(EXPIRED)
                .times(6),
            row("refused after the handshake: CA unknown", "client-certificate-unknown-ca", late)
                .p12("stranger")
                .only("1.3")
                .alike(STRANGER)
                .times(6),
        ],
        both([
            row("certificate accepted", "passed", late).with("--control"),
            row(
                "certificate never asked for",
                "certificate-not-requested",
                "https://localhost:~late~/index.html",
            ),
        ]),
    ];
    peer("apache", "apache2 -DFOREGROUND -f DIR/apache.conf", rows.concat()).file("apache.conf", APACHE)
}

const APACHE: &str = "LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so
LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
ServerRoot DIR
ServerName localhost
PidFile DIR/apache.pid
ErrorLog DIR/apache-error.log
TypesConfig /dev/null
DefaultRuntimeDir DIR
User www-data
Group www-data
Listen 127.0.0.1:~port~
Listen 127.0.0.1:~late~
SSLSessionCache shmcb:DIR/cache(65536)
DocumentRoot DIR/www
SSLCertificateFile DIR/server.pem
SSLCertificateKeyFile DIR/server.key
SSLCACertificateFile DIR/ca.pem
SSLVerifyDepth 3
<VirtualHost 127.0.0.1:~port~>
SSLEngine on
SSLVerifyClient require
</VirtualHost>
<VirtualHost 127.0.0.1:~late~>
SSLEngine on
<Location /asked.html>
SSLVerifyClient require
</Location>
</VirtualHost>
";

fn gnutls() -> Peer {
    peer(
        "gnutls-serv",
        "gnutls-serv --quiet --http --port ~port~ --x509certfile server.pem --x509keyfile server.key --x509cafile ca.pem --require-client-cert --verify-client-cert",
        both([
            row("certificate accepted", "passed", PORT),
            row("certificate refused as denied: expired", "client-certificate-denied", PORT).p12("expired"),
            row("certificate refused as denied: CA unknown", "client-certificate-denied", PORT)
                .p12("stranger"),
        ]),
    )
}
