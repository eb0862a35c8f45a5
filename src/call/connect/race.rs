//! Happy eyeballs (RFC 8305): several addresses are tried, and the first that answers is used.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The addresses of the two families in turns, those of the first one's family first.
pub(super) fn take_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_family = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_family);
    let mut second = second.into_iter();
    let in_turns = first.into_iter().flat_map(|address| [Some(address), second.next()]);
    let mut turns: Vec<_> = in_turns.flatten().collect();
    turns.extend(second);
    turns
}

/// How long to wait for an address before the next one is tried too (RFC 8305 section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// Connects to the first address that answers. A failure starts the next attempt at once.
pub(super) async fn race(
    addresses: &[SocketAddr],
    failures: &mut Vec<(SocketAddr, io::Error)>,
) -> Option<TcpStream> {
    let mut waiting = addresses.iter().copied();
    let mut attempts = JoinSet::new();
    loop {
        if let Some(address) = waiting.next() {
            attempts.spawn(async move { (address, TcpStream::connect(address).await) });
        }
        if attempts.is_empty() {
            return None;
        }
        let joined = tokio::select! {
            joined = attempts.join_next() => joined,
            () = tokio::time::sleep(STAGGER), if waiting.len() > 0 => None,
        };
        match joined {
            Some(Ok((_, Ok(stream)))) => {
                // Small writes of the handshake must not wait for each other. It works without, so a failure is ignored.
                let _ = stream.set_nodelay(true);
                return Some(stream);
            }
            Some(Ok((address, Err(error)))) => failures.push((address, error)),
            Some(Err(_)) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_families_take_turns() {
        let addresses = ["[::1]:1", "[::2]:1", "1.1.1.1:1", "[::3]:1"].map(|a| a.parse().unwrap());
        let turns = take_turns(addresses.to_vec());
        assert_eq!(turns.iter().map(SocketAddr::is_ipv6).collect::<Vec<_>>(), [true, false, true, true]);
    }
}
