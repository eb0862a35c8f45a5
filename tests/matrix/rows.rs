//! All peers with their rows, in the order of the table.

mod reach;
mod server;
mod tls;
mod client;
mod libraries;
mod silent;
mod pages;
mod answers;
mod proxies;
mod platform;
mod p12;

use crate::peer::Peer;

/// Several faults look like this on the wire.
const SILENTLY: &str = "ended without a word after the certificate";

pub(crate) fn all() -> Vec<Peer> {
    let subjects = [
        p12::peers(),
        reach::peers(),
        server::peers(),
        tls::peers(),
        client::peers(),
        libraries::peers(),
        silent::peers(),
        pages::peers(),
        answers::peers(),
        proxies::peers(),
        platform::peers(),
    ];
    subjects.into_iter().flatten().collect()
}
