//! How much at once: calls a second of one peer, calls in progress, bytes held.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::cli::LimitArgs;

/// The limits and what of them is taken.
pub(super) struct Limits {
    rate: Option<RateLimiter<IpAddr, HashMapStateStore<IpAddr>, DefaultClock>>,
    calls: Arc<Semaphore>,
    held: Arc<Semaphore>,
    pub(super) upload: u64,
    pub(super) body_time: Duration,
    pub(super) work: u64,
}

/// Peers whose rate is remembered. More at once are an attack, and are refused until some are forgotten.
const MAX_PEERS: usize = 20_000;

/// Bytes of uploads that are held at once, in all, in KiB.
const HELD_KIB: usize = 96 * 1024;

impl Limits {
    pub(super) fn new(args: &LimitArgs) -> Self {
        let rate = NonZeroU32::new(args.rate).map(|rate| RateLimiter::hashmap(Quota::per_second(rate)));
        Self {
            rate,
            calls: Arc::new(Semaphore::new(args.max_calls)),
            held: Arc::new(Semaphore::new(HELD_KIB)),
            upload: args.max_upload,
            body_time: args.body_time,
            work: args.max_kdf,
        }
    }

    /// Whether this peer may call now. An IPv6 peer counts with all of its /64.
    pub(super) fn within_rate(&self, peer: IpAddr) -> bool {
        let Some(rate) = &self.rate else { return true };
        if rate.len() >= MAX_PEERS {
            rate.retain_recent();
        }
        let peer = match peer.to_canonical() {
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
            ip => ip,
        };
        rate.len() < MAX_PEERS && rate.check_key(&peer).is_ok()
    }

    /// A place among the calls in progress, if there is one.
    pub(super) fn call(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.calls).try_acquire_owned().ok()
    }

    /// Room for more bytes that are held in memory.
    pub(super) fn hold(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from(bytes.div_ceil(1024)).ok()?;
        Arc::clone(&self.held).try_acquire_many_owned(kib).ok()
    }
}
