//! The handshake: versions, ciphers, names and protocols that the two sides do not share.

use crate::peer::{Peer, peer};
use crate::row::{both, row};
use crate::rows::SILENTLY;

const PORT: &str = "https://localhost:~port~/";

pub(crate) fn peers() -> Vec<Peer> {
    [s_servers(), gnutls(), http2(), streams(), others()].into_iter().flatten().collect()
}

fn s_servers() -> Vec<Peer> {
    vec![
        peer(
            "openssl s_server",
            "openssl s_server -www -accept ~port~ -cert rsa-leaf.pem -key rsa.key -cert_chain rsa.pem -tls1 -cipher DEFAULT@SECLEVEL=0",
            [row("TLS 1.0 only", "no-shared-tls-version", PORT)],
        ),
        peer(
            "openssl s_server",
            "openssl s_server -www -accept ~port~ -cert server-leaf.pem -key server.key -cert_chain server.pem -tls1_3",
            [row("TLS 1.3 only", "no-shared-tls-version", PORT).alike("TLS 1.0 only").only("1.2")],
        ),
        peer(
            "openssl s_server",
            "openssl s_server -www -accept ~port~ -cert server-leaf.pem -key server.key -cert_chain server.pem -tls1_2 -cipher ECDHE-ECDSA-NULL-SHA@SECLEVEL=0",
            [row("no cipher or group in common", "no-shared-cipher", PORT)],
        ),
        peer(
            "openssl s_server",
            "openssl s_server -www -accept ~port~ -cert server-leaf.pem -key server.key -cert_chain server.pem -groups brainpoolP256r1",
            both([row("no cipher or group in common", "no-shared-cipher", PORT)]),
        ),
    ]
}

fn gnutls() -> Vec<Peer> {
    vec![
        peer(
            "openssl s_server",
            "openssl s_server -www -accept ~port~ -cert rsa-leaf.pem -key rsa.key -cert_chain rsa.pem -tls1_2 -cipher DHE-RSA-AES128-SHA:@SECLEVEL=0 -dhparam dh.pem",
            [row("DH group too small", "weak-key-exchange", PORT)],
        ),
        peer(
            "gnutls-serv",
            "gnutls-serv --quiet --http --port ~port~ --x509certfile rsa.pem --x509keyfile rsa.key --priority NORMAL:-VERS-ALL:+VERS-TLS1.2:-SIGN-ALL:+SIGN-RSA-SHA1:-KX-ALL:+ECDHE-RSA:%VERIFY_ALLOW_SIGN_WITH_SHA1",
            [row("handshake signed with SHA-1 only", "no-shared-cipher", PORT)
                .alike("no cipher or group in common")],
        ),
        peer(
            "gnutls-serv",
            "gnutls-serv --quiet --http --port ~port~ --x509certfile rsa.pem --x509keyfile rsa.key --priority NORMAL:-VERS-ALL:+VERS-TLS1.2:%DISABLE_SAFE_RENEGOTIATION",
            [row("no secure renegotiation", "legacy-renegotiation", PORT)],
        ),
        peer(
            "gnutls-serv",
            "gnutls-serv --quiet --http --port ~port~ --x509certfile server.pem --x509keyfile server.key --alpn spdy/3 --alpn-fatal",
            [row("no protocol in common", "no-shared-protocol", PORT).alike("HTTP/2 only")],
        ),
    ]
}

fn http2() -> Vec<Peer> {
    vec![
        peer(
            "nghttpd",
            "nghttpd -a 127.0.0.1 ~port~ server.key server.pem",
            [row("HTTP/2 only, and no alert", "answer-cut-short", PORT)],
        ),
        peer(
            "node http2",
            "node SCRIPTS/http2.js ~port~",
            [
                row("HTTP/2 only", "no-shared-protocol", PORT),
                row("HTTP/2 only, and offered", "passed", PORT).with("--http2"),
            ],
        ),
    ]
}

/// HTTP/2 ends a stream, or TLS ends the connection under it.
fn streams() -> Vec<Peer> {
    let silently = "client-certificate-refused-or-reset";
    let rows = [
        row(
            "HTTP/2: wants HTTP/1.1 for the request",
            "no-shared-protocol",
            "https://localhost:~port~/http-1.1",
        ),
        row("HTTP/2: stream refused", "answer-reset", "https://localhost:~port~/refused"),
        row("HTTP/2: stream failed", "answer-reset", "https://localhost:~port~/failed"),
        row("HTTP/2: stream failed in the body", "answer-reset", "https://localhost:~port~/half-failed"),
        row(
            "HTTP/2: stream cancelled in the body",
            "answer-reset",
            "https://localhost:~port~/half-cancelled",
        ),
        row("HTTP/2: stream ended early", "answer-reset", "https://localhost:~port~/half-no-error"),
        row(
            "HTTP/2: stream ended early, its length unsaid",
            "answer-end-unproven",
            "https://localhost:~port~/half-unsized",
        ),
        row("HTTP/2: connection given up", silently, "https://localhost:~port~/goaway").alike(SILENTLY),
        row("HTTP/2: closed without an answer", silently, "https://localhost:~port~/gone").alike(SILENTLY),
        row("HTTP/2: given up in the body", "answer-cut-short", "https://localhost:~port~/half-goaway")
            .alike("body cut short, with close_notify"),
        row("HTTP/2: closed in the body", "answer-cut-short", "https://localhost:~port~/half-gone")
            .alike("body cut short, with close_notify"),
    ];
    let rows = rows.map(|row| row.with("--http2").times(20));
    vec![peer("python h2", "python3 SCRIPTS/http2.py ~port~", rows)]
}

fn others() -> Vec<Peer> {
    let config = "daemon off; pid DIR/nginx-name.pid; error_log DIR/nginx-name.log; events {}
        http { access_log off; client_body_temp_path DIR/b2; proxy_temp_path DIR/p2; fastcgi_temp_path DIR/f2;
               uwsgi_temp_path DIR/u2; scgi_temp_path DIR/s2;
               server { listen 127.0.0.1:~port~ ssl; ssl_reject_handshake on; }
               server { listen 127.0.0.1:~plain~; } }";
    vec![
        peer(
            "nginx",
            "nginx -p DIR -e DIR/early.log -c DIR/nginx-name.conf",
            [
                row("host name not served", "name-not-served", PORT),
                row("plain HTTP on the port", "plain-http", "https://localhost:~plain~/").racy(),
            ],
        )
        .file("nginx-name.conf", config),
        peer(
            "python ssl",
            "python3 SCRIPTS/silent.py half:~half~ eof:~eof~",
            [
                row("silent after its ServerHello", "tls-timeout", "https://localhost:~half~/")
                    .with("--connect-timeout 2"),
                row("closed after its ServerHello", "handshake-reset", "https://localhost:~eof~/").racy(),
            ],
        ),
    ]
}
