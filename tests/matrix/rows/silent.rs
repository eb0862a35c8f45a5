//! Servers that refuse our certificate without an alert, and one that sends any alert it is told to.

use crate::peer::{Peer, peer};
use crate::row::{Row, both, row};
use crate::rows::SILENTLY;

const PORT: &str = "https://localhost:~port~/";

pub(crate) fn peers() -> Vec<Peer> {
    [languages(), misbehaving()].into_iter().flatten().collect()
}

fn languages() -> Vec<Peer> {
    let silently = "client-certificate-refused-or-reset";
    let closes = |port| {
        both([
            row("certificate refused without an alert: expired", silently, port).p12("expired").racy(),
            row("certificate refused without an alert: CA unknown", silently, port).p12("stranger").racy(),
        ])
    };
    vec![
        peer(
            "node",
            "node SCRIPTS/https.js ~port~",
            [closes(PORT), both([row("certificate accepted", "passed", PORT)])].concat(),
        ),
        peer(
            "java",
            "java SCRIPTS/Endpoint.java ~port~",
            [
                closes(PORT),
                both([
                    row("certificate refused without an alert: intermediate missing", silently, PORT)
                        .p12("leaf-only")
                        .times(6),
                    row("certificate refused without an alert: not yet valid", silently, PORT)
                        .p12("early")
                        .times(6),
                    row("certificate accepted", "passed", PORT),
                ]),
            ]
            .concat(),
        ),
        peer(
            "python ssl",
            "python3 SCRIPTS/silent.py bare:~bare~ reset:~reset~ held:~held~",
            [
                both([
                    row(
                        "certificate refused without an alert: expired",
                        silently,
                        "https://localhost:~bare~/",
                    )
                    .p12("expired")
                    .racy(),
                    row(
                        "certificate refused without an alert: CA unknown, and none was named",
                        silently,
                        "https://localhost:~bare~/",
                    )
                    .p12("stranger")
                    .alike(SILENTLY)
                    .racy(),
                    row("certificate refused by a reset: expired", silently, "https://localhost:~reset~/")
                        .p12("expired")
                        .alike("certificate refused without an alert: expired")
                        .racy(),
                ]),
                held(HELD),
            ]
            .concat(),
        ),
    ]
}

/// A server that refuses and neither says so nor ends the connection. In TLS 1.3 the handshake is over by then.
pub(super) fn held(port: &'static str) -> Vec<Row> {
    let patience = "--connect-timeout 3 -m 5";
    let expired = row("certificate refused by silence: expired", "client-certificate-refused-or-reset", port);
    let stranger = |kind| row("silence after the certificate: CA unknown, and none was named", kind, port);
    let strangers = [stranger("tls-timeout").only("1.2"), stranger("timeout").only("1.3")];
    let strangers = strangers.map(|row| row.p12("stranger").with(patience));
    both([expired.p12("expired").with(patience)]).into_iter().chain(strangers).collect()
}

const HELD: &str = "https://localhost:~held~/";

fn misbehaving() -> Vec<Peer> {
    vec![peer(
        "tlslite-ng",
        "python3 SCRIPTS/tlslite_alerts.py 49:~denied~ 80:~internal~ 46:~unknown~ 42:~bad~ 40:~failure~ 47:~illegal~ 0:~malformed~",
        [
            vec![
                row(
                    "request for a certificate that breaks TLS",
                    "certificate-request-malformed",
                    "https://localhost:~malformed~/",
                )
                .only("1.2"),
            ],
            both([
                row(
                    "certificate refused: access denied",
                    "client-certificate-denied",
                    "https://localhost:~denied~/",
                )
                .p12("rsa")
                .times(20),
                row(
                    "internal error after the certificate",
                    "client-certificate-refused-or-reset",
                    "https://localhost:~internal~/",
                )
                .p12("rsa")
                .times(20),
                row(
                    "illegal parameter after the certificate",
                    "client-certificate-refused-or-reset",
                    "https://localhost:~illegal~/",
                )
                .p12("rsa"),
                row(
                    "certificate refused: certificate_unknown",
                    "client-certificate-refused",
                    "https://localhost:~unknown~/",
                )
                .p12("rsa"),
                row(
                    "certificate refused: bad_certificate",
                    "client-certificate-refused",
                    "https://localhost:~bad~/",
                )
                .p12("rsa"),
                row(
                    "certificate refused: handshake_failure",
                    "client-certificate-refused",
                    "https://localhost:~failure~/",
                )
                .p12("rsa"),
            ]),
        ]
        .concat(),
    )]
}
