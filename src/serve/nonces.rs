//! The OAuth1 nonces that were used, so that no request counts twice (RFC 5849 section 3.3).

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use openssl::sha::sha256;

/// A problem by its name, and advice.
pub(super) type Problem = (&'static str, &'static str);

/// The nonces of each credential. They are in memory only, so timestamps from before the start are refused.
pub(super) struct Nonces {
    start: u64,
    used: Mutex<HashMap<[u8; 32], Used>>,
}

impl Nonces {
    /// A memory that begins with the next second: in this one, an earlier server may have accepted requests.
    pub(super) fn new() -> Self {
        Self { start: now().as_secs() + 1, used: Mutex::default() }
    }

    /// Waits until requests can be accepted.
    pub(super) async fn wait_for_start(&self) {
        tokio::time::sleep(Duration::from_secs(self.start).saturating_sub(now())).await;
    }

    /// Accepts a nonce of a credential once.
    pub(super) fn accept(&self, credential: [u8; 32], timestamp: u64, nonce: &str) -> Result<(), Problem> {
        if timestamp < self.start {
            return Err(("timestamp_refused", "signed before the server was started"));
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.entry(credential).or_default().accept(now().as_secs(), timestamp, nonce)
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The nonces of one credential, by time; a bounded number. When one is dropped for lack of room, timestamps as old as
/// its own are refused from then on.
#[derive(Default)]
struct Used {
    nonces: BTreeSet<(u64, [u8; 32])>,
    oldest: u64,
}

impl Used {
    /// How old a timestamp may be, in seconds.
    const PAST: u64 = 300;
    /// How far ahead it may be. A memory full of such timestamps refuses others for no longer.
    const FUTURE: u64 = 10;
    const MAX: usize = 20_000;

    fn accept(&mut self, now: u64, timestamp: u64, nonce: &str) -> Result<(), Problem> {
        let early = now.saturating_sub(Self::PAST).max(self.oldest);
        if timestamp < early {
            return Err(("timestamp_refused", "older than 300 s, or too many requests came since"));
        }
        if timestamp > now + Self::FUTURE {
            return Err(("timestamp_refused", "more than 10 s ahead of the server's clock"));
        }
        self.nonces = self.nonces.split_off(&(early, [0; 32]));
        if !self.nonces.insert((timestamp, sha256(nonce.as_bytes()))) {
            return Err(("nonce_used", "each request needs a new nonce"));
        }
        while self.nonces.len() > Self::MAX {
            self.oldest = self.nonces.pop_first().map_or(self.oldest, |(second, _)| second + 1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_counts_once_within_its_time() {
        let mut used = Used::default();
        assert!(used.accept(1_000, 1_000, "a").is_ok());
        assert_eq!(used.accept(1_000, 1_000, "a").unwrap_err().0, "nonce_used");
        assert!(used.accept(1_000, 1_001, "a").is_ok());
        assert_eq!(used.accept(1_400, 1_000, "a").unwrap_err().0, "timestamp_refused");
        assert_eq!(used.accept(1_000, 1_011, "b").unwrap_err().0, "timestamp_refused");
    }

    #[test]
    fn the_memory_is_bounded_and_forgets_nothing_that_could_come_again() {
        let mut used = Used::default();
        assert!(used.accept(1_000, 900, "first").is_ok());
        for number in 0..Used::MAX {
            assert!(used.accept(1_000, 1_000, &number.to_string()).is_ok());
        }
        assert_eq!(used.nonces.len(), Used::MAX);
        assert_eq!(used.accept(1_000, 900, "first").unwrap_err().0, "timestamp_refused");
    }

    #[test]
    fn one_credential_takes_nothing_from_another() {
        let nonces = Nonces::new();
        let ahead = nonces.start + 5;
        for number in 0..=Used::MAX {
            assert!(nonces.accept([1; 32], ahead, &number.to_string()).is_ok());
        }
        assert!(nonces.accept([1; 32], nonces.start, "own").is_err());
        assert!(nonces.accept([2; 32], nonces.start, "other").is_ok());
        assert_eq!(nonces.accept([2; 32], nonces.start - 1, "x").unwrap_err().0, "timestamp_refused");
    }
}
