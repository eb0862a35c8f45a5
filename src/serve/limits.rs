//! The limits: calls per second and address, calls in progress, key derivation, bytes held.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use ipnet::Ipv6Net;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::cli::LimitArgs;

/// The limits and how much of them is used.
pub(super) struct Limits {
    rate: Option<RateLimiter<IpAddr, HashMapStateStore<IpAddr>, DefaultClock>>,
    calls: Arc<Semaphore>,
    processors: Arc<Semaphore>,
    held: Arc<Semaphore>,
    pub(super) upload: u64,
    pub(super) body_time: Duration,
    pub(super) work: u64,
}

/// Addresses whose rate is remembered. Further ones are refused until some are forgotten.
const MAX_PEERS: usize = 20_000;

/// How much of all uploads is held in memory, in KiB.
const HELD_KIB: usize = 96 * 1024;

impl Limits {
    pub(super) fn new(args: &LimitArgs) -> Self {
        let rate = NonZeroU32::new(args.rate).map(|rate| RateLimiter::hashmap(Quota::per_second(rate)));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            rate,
            calls: Arc::new(Semaphore::new(args.max_calls)),
            processors: Arc::new(Semaphore::new(cores)),
            held: Arc::new(Semaphore::new(HELD_KIB)),
            upload: args.max_upload,
            body_time: args.body_time,
            work: args.max_kdf,
        }
    }

    /// Whether this address may call now. An IPv6 address counts with all of its /64.
    pub(super) fn is_within_rate(&self, peer: IpAddr) -> bool {
        let Some(rate) = &self.rate else { return true };
        if rate.len() >= MAX_PEERS {
            rate.retain_recent();
        }
        let peer = match peer.to_canonical() {
            IpAddr::V6(ip) => Ipv6Net::new_assert(ip, 64).trunc().addr().into(),
            ip => ip,
        };
        rate.len() < MAX_PEERS && rate.check_key(&peer).is_ok()
    }

    /// A place among the calls in progress, if one is free.
    pub(super) fn take_place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.calls).try_acquire_owned().ok()
    }

    /// A processor for key derivation. Only calls that have a place wait here.
    pub(super) async fn wait_for_processor(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.processors).acquire_owned().await.ok()
    }

    /// Room for this many bytes in memory, if there is some.
    pub(super) fn reserve(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from(bytes.div_ceil(1024)).ok()?;
        Arc::clone(&self.held).try_acquire_many_owned(kib).ok()
    }
}
