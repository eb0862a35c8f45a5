//! Files that cannot be used, and that are found so before anything is sent.

use crate::peer::{Peer, peer};
use crate::row::row;

pub(crate) fn peers() -> Vec<Peer> {
    let url = "https://localhost:~closed~/";
    vec![
        peer("keytool", "", [row("P12 with several keys", "several-keys", url).p12("several")])
            .needs("keytool"),
        peer(
            "none",
            "",
            [
                row("P12 with another password", "wrong-password", url)
                    .base("--cacert ca.pem --password-file wrong.txt"),
                row("P12 cut short", "p12-truncated", url).p12("short"),
                row("a file that is no P12", "not-a-p12", url).p12("text"),
                row("P12 with an alias that it does not hold", "unknown-alias", url).with("--alias nobody"),
                row("P12 without a key", "no-key", url).p12("keyless"),
            ],
        ),
    ]
}
