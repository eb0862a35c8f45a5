//! The limits: calls per second, calls in progress, key derivation, bytes held.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::Ipv6Net;

use super::shares::{Party, Share, Shares};
use crate::cli::LimitArgs;

/// The limits and how much of them is used.
pub(super) struct Limits {
    known: RequestRate,
    strangers: RequestRate,
    calls: Arc<Shares>,
    openings: Arc<Shares>,
    kibibytes: Arc<Shares>,
    pub(super) upload: u64,
    pub(super) body_time: Duration,
    pub(super) work: u64,
}

/// Who a request counts for: a credential at an address.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) credential: Arc<str>,
    address: IpAddr,
}

impl Caller {
    pub(super) fn new(credential: Arc<str>, address: IpAddr) -> Self {
        Self { credential, address: network(address) }
    }

    fn parties(&self) -> [Party; 2] {
        [Party::Credential(Arc::clone(&self.credential)), Party::Address(self.address)]
    }
}

/// How much of all uploads is held in memory, in KiB.
const HELD_KIB: usize = 96 * 1024;

/// How long a call waits for a place.
const QUEUE_TIME: Duration = Duration::from_secs(5);

impl Limits {
    pub(super) fn new(args: &LimitArgs) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            known: RequestRate::new(args.rate),
            strangers: RequestRate::new(args.rate),
            calls: Shares::new(args.max_calls(), args.max_calls()),
            // With two, one address leaves one to the others. All calls may wait.
            openings: Shares::new(cores.max(2), 2 * args.max_calls()),
            kibibytes: Shares::new(HELD_KIB, 0),
            upload: args.max_upload,
            body_time: args.body_time,
            work: args.max_kdf,
        }
    }

    /// Whether this caller may call now.
    pub(super) fn admits(&self, caller: &Caller) -> bool {
        self.known.admits(Some(&caller.credential), caller.address)
    }

    /// Whether an unknown caller at this address may try a credential now.
    pub(super) fn admits_stranger(&self, address: IpAddr) -> bool {
        self.strangers.admits(None, network(address))
    }

    /// Waits for a place among the calls in progress.
    pub(super) async fn take_place(&self, caller: &Caller) -> Option<Share> {
        self.calls.take(&caller.parties(), QUEUE_TIME).await
    }

    /// Waits for a turn to open a P12. Only calls that have a place wait here.
    pub(super) async fn take_opening(&self, caller: &Caller) -> Option<Share> {
        self.openings.take(&caller.parties(), self.body_time).await
    }

    /// Room for this many bytes in memory, if there is some.
    pub(super) fn reserve(&self, caller: &Caller, bytes: usize) -> Option<Share> {
        self.kibibytes.try_take(&caller.parties(), bytes.div_ceil(1024))
    }
}

/// An IPv6 address counts with all of its /64.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) => Ipv6Net::new_assert(ip, 64).trunc().addr().into(),
        ip => ip,
    }
}

/// Requests per second of each caller.
struct RequestRate(Option<DefaultKeyedRateLimiter<RateKey>>);

type RateKey = (Option<Arc<str>>, Option<IpAddr>);

impl RequestRate {
    /// Callers that are remembered. Further ones at other addresses share one rate per credential.
    const MAX: usize = 20_000;

    fn new(per_second: u32) -> Self {
        Self(NonZeroU32::new(per_second).map(|rate| RateLimiter::keyed(Quota::per_second(rate))))
    }

    fn admits(&self, credential: Option<&Arc<str>>, address: IpAddr) -> bool {
        let Some(rate) = &self.0 else { return true };
        if rate.len() >= Self::MAX {
            rate.retain_recent();
        }
        let address = Some(address).filter(|_| rate.len() < Self::MAX);
        rate.check_key(&(credential.cloned(), address)).is_ok()
    }
}
