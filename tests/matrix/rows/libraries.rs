//! Servers built on other TLS libraries than OpenSSL, and how each refuses a certificate.

use crate::peer::{Peer, peer};
use crate::row::{Row, both, row};
use crate::rows::SILENTLY;
use crate::rows::silent::held;

const PORT: &str = "https://localhost:~port~/";
const LATE: &str = "https://localhost:~late~/asked";

pub(crate) fn peers() -> Vec<Peer> {
    let lighttpd = [lighttpd_gnutls(), lighttpd_mbedtls(), lighttpd_openssl()];
    [go(), rustls(), nss(), tomcat(), netty(), wolfssl(), s2n(), bun()].into_iter().chain(lighttpd).collect()
}

const EXPIRED: &str = "certificate refused: expired";
const STRANGER: &str = "certificate refused: CA unknown";
const PARTIAL: &str = "certificate refused: intermediate missing";
const UNNAMED: &str = "certificate refused: CA unknown, and none was named";
const SERVERS: &str = "certificate refused: for servers only";

/// How a server refuses each of these files: with an alert of this kind; not at all where it is `passed`.
fn refusals(
    expired: &'static str,
    stranger: &'static str,
    partial: &'static str,
    servers: &'static str,
) -> [Row; 5] {
    let refused = |fault, wanted, p12| row(fault, wanted, PORT).p12(p12).times(20);
    [
        row("certificate accepted", "passed", PORT).times(20),
        refused(EXPIRED, expired, "expired"),
        refused(STRANGER, stranger, "stranger"),
        refused(PARTIAL, partial, "leaf-only"),
        refused(SERVERS, servers, "server-only"),
    ]
}

/// A server that refuses all four in the same way.
fn all_alike(kind: &'static str) -> [Row; 5] {
    refusals(kind, kind, kind, kind)
}

const REFUSED: &str = "client-certificate-refused";
const CLOSED: &str = "client-certificate-refused-or-reset";
const EXPIRED_KIND: &str = "client-certificate-expired";
const CA_KIND: &str = "client-certificate-unknown-ca";
const PURPOSE_KIND: &str = "client-certificate-unsupported";

fn go() -> Peer {
    let strict = |fault, url| row(fault, "endpoint-internal-error", url);
    let strict = [
        strict("no certificate for a host name", "https://localhost:~strict~/"),
        strict("no certificate for a host name, and none was sent", "https://127.0.0.1:~strict~/"),
    ];
    let rows = [both(all_alike(REFUSED)), both(strict)].concat();
    peer("go", "bash SCRIPTS/go.sh ~port~ ~strict~", rows).needs("go")
}

/// Of rustls, granian offers TLS 1.3 alone.
fn rustls() -> Peer {
    let command = "python3 -m granian --interface wsgi --host 127.0.0.1 --port ~port~ --ssl-certificate server.pem \
        --ssl-keyfile server.key --ssl-ca ca.pem --ssl-client-verify --working-dir SCRIPTS granian_app:application";
    let rows = refusals(EXPIRED_KIND, CA_KIND, CA_KIND, PURPOSE_KIND).map(|row| row.only("1.3"));
    let old = row("TLS 1.3 wanted", "no-shared-tls-version", PORT).only("1.2").alike("TLS 1.0 only");
    peer("granian", command, rows.into_iter().chain([old]))
}

fn nss() -> Peer {
    // It has the intermediate certificate from its own chain.
    let rows = refusals(EXPIRED_KIND, CA_KIND, "passed", REFUSED);
    peer("nss selfserv", "bash SCRIPTS/nss.sh ~port~", both(rows)).needs("selfserv")
}

fn tomcat() -> Peer {
    let rows = [
        both(all_alike(REFUSED)),
        vec![
            row("asked for after the request: not over TLS 1.3", "certificate-not-requested", LATE)
                .times(20)
                .only("1.3"),
            row("asked for after the request: no user", "status", LATE)
                .times(20)
                .only("1.2")
                .alike("page 401"),
            row("refused in a renegotiation: CA unknown", REFUSED, LATE)
                .p12("stranger")
                .times(20)
                .only("1.2")
                .alike(STRANGER),
        ],
    ];
    peer("tomcat", "bash SCRIPTS/tomcat.sh ~port~ ~late~", rows.concat())
        .needs("/usr/share/java/tomcat10-embed-core.jar")
}

/// Netty's tcnative is OpenSSL, and the trust manager is Java's: what that refuses for the CA or the purpose is an internal
/// error.
fn netty() -> Peer {
    let rows = refusals(EXPIRED_KIND, CLOSED, CLOSED, CLOSED);
    peer("netty tcnative", "bash SCRIPTS/netty.sh ~port~", both(with_control(rows)))
        .needs("/usr/share/java/netty-tcnative.jar")
}

/// It names no CAs, and has the intermediate certificate from its own chain.
fn wolfssl() -> Peer {
    let unnamed = |row: Row| if row.fault == STRANGER { row.alike(UNNAMED) } else { row };
    let rows = refusals(EXPIRED_KIND, CA_KIND, "passed", REFUSED).map(unnamed);
    let early =
        row("certificate refused: not yet valid", "client-certificate-not-yet-valid", PORT).p12("early");
    peer("wolfssl", "python3 SCRIPTS/wolfssl.py ~port~", [both(with_control(rows)), both([early])].concat())
        .needs("/usr/lib/x86_64-linux-gnu/libwolfssl.so.35")
}

/// It holds a refused connection for 10 to 30 seconds, and then closes it.
fn s2n() -> Peer {
    let accepted = row("certificate accepted", "passed", PORT).with("--control").times(20);
    let waited = row("certificate refused without an alert: CA unknown, and none was named", CLOSED, PORT)
        .p12("stranger")
        .with("--connect-timeout 40")
        .alike(SILENTLY)
        .times(1);
    let rows = [both([accepted, waited]), held(PORT)].concat();
    peer("s2n", "python3 SCRIPTS/s2n.py ~port~", rows)
}

/// The first row, in which the certificate is accepted, shows that the server insists on one, too.
fn with_control([accepted, a, b, c, d]: [Row; 5]) -> [Row; 5] {
    [accepted.with("--control"), a, b, c, d]
}

/// Bun's server is built on BoringSSL, and closes the connection. In TLS 1.3 it answers some calls that it refuses.
fn bun() -> Peer {
    let rows = all_alike(CLOSED).map(|row| silent(row).only("1.2"));
    let new = row("certificate accepted", "passed", PORT).times(20).only("1.3");
    peer("bun", "NPM/bun SCRIPTS/bun.js ~port~", rows.into_iter().chain([new]))
}

/// As other servers that close the connection.
fn silent(row: Row) -> Row {
    match row.fault {
        EXPIRED => row.alike("certificate refused without an alert: expired"),
        STRANGER => row.alike("certificate refused without an alert: CA unknown"),
        PARTIAL => row.alike("certificate refused without an alert: intermediate missing"),
        _ => row,
    }
}

/// GnuTLS takes a certificate for servers.
fn lighttpd_gnutls() -> Peer {
    let kind = "client-certificate-denied";
    lighttpd("lighttpd gnutls", GNUTLS, both(refusals(kind, kind, kind, "passed").map(denied)))
}

/// As gnutls-serv.
fn denied(row: Row) -> Row {
    if row.fault == EXPIRED { row.alike("certificate refused as denied: expired") } else { row }
}

/// mbed TLS of this version speaks TLS 1.2.
fn lighttpd_mbedtls() -> Peer {
    let rows = refusals(EXPIRED_KIND, CA_KIND, CA_KIND, PURPOSE_KIND).map(|row| row.only("1.2"));
    let new =
        row("TLS 1.2 wanted", "no-shared-cipher", PORT).only("1.3").alike("no cipher or group in common");
    lighttpd("lighttpd mbedtls", MBEDTLS, rows.into_iter().chain([new]).collect())
}

fn lighttpd_openssl() -> Peer {
    lighttpd("lighttpd openssl", OPENSSL, both(refusals(EXPIRED_KIND, CA_KIND, CA_KIND, PURPOSE_KIND)))
}

fn lighttpd(name: &'static str, (file, text): (&'static str, &'static str), rows: Vec<Row>) -> Peer {
    let command = match file {
        "lighttpd-gnutls.conf" => "lighttpd -D -f DIR/lighttpd-gnutls.conf",
        "lighttpd-mbedtls.conf" => "lighttpd -D -f DIR/lighttpd-mbedtls.conf",
        _ => "lighttpd -D -f DIR/lighttpd-openssl.conf",
    };
    peer(name, command, rows).file(file, text)
}

macro_rules! lighttpd_settings {
    ($module:literal) => {
        (
            concat!("lighttpd-", $module, ".conf"),
            concat!(
                "server.modules = ( \"mod_",
                $module,
                "\" )\nserver.bind = \"127.0.0.1\"\nserver.port = ~port~\n",
                "server.document-root = \"DIR/www\"\nindex-file.names = ( \"index.html\" )\n",
                "ssl.engine = \"enable\"\nssl.pemfile = \"DIR/server-both.pem\"\n",
                "ssl.verifyclient.ca-file = \"DIR/ca.pem\"\nssl.verifyclient.activate = \"enable\"\n",
                "ssl.verifyclient.enforce = \"enable\"\nssl.verifyclient.depth = 3\n",
            ),
        )
    };
}

const GNUTLS: (&str, &str) = lighttpd_settings!("gnutls");
const MBEDTLS: (&str, &str) = lighttpd_settings!("mbedtls");
const OPENSSL: (&str, &str) = lighttpd_settings!("openssl");
