//! How many tests run at once: in all, against one host, and a second by way of the platform.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::args::BatchArgs;

/// Lets tests begin.
pub(super) struct Pace {
    jobs: Arc<Semaphore>,
    per_host: usize,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
    platform: Option<DefaultDirectRateLimiter>,
}

/// Lets the next test begin when it is dropped.
pub(super) struct Turn<'a> {
    pace: &'a Pace,
    host: String,
    held: Option<[OwnedSemaphorePermit; 2]>,
}

impl Pace {
    /// As the command line says.
    pub(super) fn new(args: &BatchArgs) -> Self {
        Self {
            jobs: Arc::new(Semaphore::new(args.jobs)),
            per_host: args.per_host,
            hosts: Mutex::default(),
            platform: NonZeroU32::new(args.rate).map(|rate| RateLimiter::direct(Quota::per_second(rate))),
        }
    }

    /// Waits for a turn against this host: first there, so that a slow host does not hold up others. `None` when
    /// nothing more shall begin.
    pub(super) async fn turn(&self, host: &str, platform: bool) -> Option<Turn<'_>> {
        let mut turn = Turn { pace: self, host: host.to_owned(), held: None };
        let fresh = || Arc::new(Semaphore::new(self.per_host));
        let room = Arc::clone(self.hosts().entry(host.to_owned()).or_insert_with(fresh));
        let place = room.acquire_owned().await.ok()?;
        turn.held = Some([place, Arc::clone(&self.jobs).acquire_owned().await.ok()?]);
        if let Some(platform) = self.platform.as_ref().filter(|_| platform) {
            platform.until_ready().await;
        }
        Some(turn)
    }

    /// Lets nothing more begin.
    pub(super) fn close(&self) {
        self.jobs.close();
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<String, Arc<Semaphore>>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    /// Hosts that nobody waits for are forgotten, so that memory does not grow with their number.
    fn drop(&mut self) {
        let mut hosts = self.pace.hosts();
        self.held = None;
        if hosts.get(&self.host).is_some_and(|room| Arc::strong_count(room) == 1) {
            hosts.remove(&self.host);
        }
    }
}
