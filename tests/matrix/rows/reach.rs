//! Getting there: DNS, routes, ports that are closed, silent, or speak something else.

use crate::peer::{Peer, peer};
use crate::row::row;

const PORT: &str = "https://localhost:~port~/";

pub(crate) fn peers() -> Vec<Peer> {
    let name = "https://endpoint.example.test/";
    let unroutable = "https://192.0.2.1/";
    vec![
        peer(
            "name server",
            "",
            [
                row("name unknown to DNS", "name-unknown", name).inside("nxdomain"),
                row("name without an address", "name-without-address", name).inside("nodata"),
                row("name server fails", "dns-failure", name).inside("servfail"),
                row("name server is silent", "dns-failure", name)
                    .inside("silent")
                    .with("--connect-timeout 0.5"),
            ],
        ),
        peer("none", "", [row("connection refused", "connection-refused", "https://localhost:~closed~/")]),
        peer(
            "kernel",
            "",
            [
                row("no route", "unroutable", unroutable).inside("unroutable"),
                row("connection prohibited by a rule", "connection-refused", unroutable).inside("prohibited"),
                row("host unreachable, or ICMP's prohibited", "unroutable", unroutable).inside("unreachable"),
                row("packets are dropped", "connect-timeout", unroutable)
                    .inside("dropped")
                    .with("--connect-timeout 0.5"),
            ],
        ),
        peer(
            "socket",
            "python3 SCRIPTS/raw.py stall:~stall~ smtp:~smtp~ reset:~reset~ close:~close~ garbage:~garbage~",
            [
                row("port that says nothing", "tls-timeout", "https://localhost:~stall~/")
                    .with("--connect-timeout 0.5"),
                row("mail server on the port", "not-tls", "https://localhost:~smtp~/").racy(),
                row("bytes of no protocol on the port", "not-tls", "https://localhost:~garbage~/"),
                row("reset in the handshake", "handshake-reset", "https://localhost:~reset~/").racy(),
                row("closed in the handshake", "handshake-reset", "https://localhost:~close~/").racy(),
            ],
        ),
        peer(
            "python http",
            "python3 -m http.server --bind 127.0.0.1 ~port~",
            [row("plain HTTP on the port", "plain-http", PORT).racy()],
        ),
        peer("sshd", "bash SCRIPTS/sshd.sh ~port~", [row("SSH on the port", "not-tls", PORT)]).needs("sshd"),
    ]
}
