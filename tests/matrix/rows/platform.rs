//! By way of the platform: its refusals, its failures, and the lookup of its host.

use crate::peer::{Peer, peer};
use crate::row::{Row, row};

const BASE: &str = "--account 12345678 --password-file password.txt";
const TARGET: &str = "https://127.0.0.1:~target~/";

pub(crate) fn peers() -> Vec<Peer> {
    let by = |fault, wanted, more| row(fault, wanted, TARGET).base(BASE).with(more);
    let served = "--domain http://127.0.0.1:~port~ --bearer-file token";
    vec![
        peer(
            "p12-test serve",
            "env BINARY serve --credentials credentials.toml --listen 127.0.0.1:~port~ --rate 0 --allow-net 127.0.0.0/8",
            [
                by(
                    "platform refuses the credential",
                    "platform-credential-refused",
                    "--domain http://127.0.0.1:~port~ --bearer-file other-token",
                ),
                Row {
                    base: "--account 87654321 --password-file password.txt",
                    ..by("platform refuses the account", "platform-forbidden", served)
                },
                by("platform does not reach the endpoint", "platform-remote-failed", served),
                by(
                    "platform cannot open the P12",
                    "platform-failed",
                    "--no-precheck --domain http://127.0.0.1:~port~ --bearer-file token",
                )
                .p12("short"),
            ],
        ),
        peer(
            "python http",
            "python3 SCRIPTS/gateway.py 429:~429~ 500:~500~ 404:~404~ 403:~403~ text:~text~ other:~other~",
            [
                by(
                    "platform limits the rate",
                    "platform-rate-limited",
                    "--domain http://127.0.0.1:~429~ --bearer-file token",
                ),
                by(
                    "platform fails",
                    "platform-failed",
                    "--domain http://127.0.0.1:~500~ --bearer-file token",
                ),
                by(
                    "lookup knows no such account",
                    "platform-lookup-failed",
                    "--domain-api http://127.0.0.1:~404~ --bearer-file token",
                ),
                by(
                    "lookup is refused",
                    "platform-lookup-failed",
                    "--domain-api http://127.0.0.1:~403~ --bearer-file token",
                ),
                by(
                    "lookup does not answer with JSON",
                    "platform-lookup-failed",
                    "--domain-api http://127.0.0.1:~text~ --bearer-file token",
                ),
                by(
                    "lookup knows no such service",
                    "platform-lookup-failed",
                    "--domain-api http://127.0.0.1:~other~ --bearer-file token",
                ),
            ],
        ),
        peer(
            "none",
            "",
            [
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
            ],
        ),
    ]
}
