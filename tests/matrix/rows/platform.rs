//! By way of the platform: its refusals, its failures, and the lookup of its host.

use crate::peer::{Peer, peer};
use crate::row::{Row, row};

const BASE: &str = "--account 12345678 --password-file password.txt";
const TARGET: &str = "https://127.0.0.1:~target~/";

pub(crate) fn peers() -> Vec<Peer> {
    vec![served(), gateway(), nobody()]
}

fn by(fault: &'static str, wanted: &'static str, more: &'static str) -> Row {
    row(fault, wanted, TARGET).base(BASE).with(more)
}

fn served() -> Peer {
    let served = "--domain http://127.0.0.1:~port~ --bearer-file token";
    let other = "--domain http://127.0.0.1:~port~ --bearer-file other-token";
    let unchecked = "--no-precheck --domain http://127.0.0.1:~port~ --bearer-file token";
    let command = "env BINARY serve --credentials credentials.toml --listen 127.0.0.1:~port~ --rate 0 --allow-net 127.0.0.0/8";
    let rows = [
        by("platform refuses the credential", "platform-credential-refused", other),
        by("platform refuses the account", "platform-forbidden", served)
            .base("--account 87654321 --password-file password.txt"),
        by("platform does not reach the endpoint", "platform-remote-failed", served),
        by("platform cannot open the P12", "platform-failed", unchecked).p12("short"),
    ];
    peer("p12-test serve", command, rows)
}

fn gateway() -> Peer {
    let command = "python3 SCRIPTS/gateway.py own-429:~own-429~ own-500:~own-500~ 429:~429~ 500:~500~ 404:~404~ 403:~403~ text:~text~ other:~other~";
    let lookup = "platform-lookup-failed";
    let rows = [
        by(
            "platform limits the rate",
            "platform-rate-limited",
            "--domain http://127.0.0.1:~own-429~ --bearer-file token",
        ),
        by("platform fails", "platform-failed", "--domain http://127.0.0.1:~own-500~ --bearer-file token"),
        by(
            "429 of the platform or of the endpoint",
            "status",
            "--domain http://127.0.0.1:~429~ --bearer-file token",
        ),
        by(
            "500 of the platform or of the endpoint",
            "status",
            "--domain http://127.0.0.1:~500~ --bearer-file token",
        ),
        by("lookup knows no such account", lookup, "--domain-api http://127.0.0.1:~404~ --bearer-file token"),
        by("lookup is refused", lookup, "--domain-api http://127.0.0.1:~403~ --bearer-file token"),
        by(
            "lookup does not answer with JSON",
            lookup,
            "--domain-api http://127.0.0.1:~text~ --bearer-file token",
        ),
        by(
            "lookup knows no such service",
            lookup,
            "--domain-api http://127.0.0.1:~other~ --bearer-file token",
        ),
    ];
    peer("python http", command, rows)
}

fn nobody() -> Peer {
    let rows = [
        by(
            "lookup's host not reached",
            "platform-lookup-failed",
            "--domain-api http://127.0.0.1:~closed~ --bearer-file token",
        ),
        by(
            "platform not reached",
            "connection-refused",
            "--domain http://127.0.0.1:~closed~ --bearer-file token",
        ),
    ];
    peer("none", "", rows)
}
