//! Limits how many tests run at once, in all and against one host, and how many a second start on the platform.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::cli::BatchArgs;

/// Gives each test a permit to run.
pub(super) struct Limiter {
    jobs: Arc<Semaphore>,
    per_host: usize,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
    platform: Option<Spacing>,
    /// Once cancelled, no further test gets a permit.
    pub(super) stop: CancellationToken,
}

/// Allows one test to run; gives its place to the next test when dropped.
pub(super) struct Permit<'a> {
    limiter: &'a Limiter,
    host: String,
    held: Option<[OwnedSemaphorePermit; 2]>,
}

/// Evenly spaced starts. None is saved up, as the platform counts what arrives within any second.
struct Spacing {
    interval: Duration,
    /// When the next test may start. Who waits for that holds the lock; the others queue for it.
    next: tokio::sync::Mutex<Instant>,
}

impl Limiter {
    pub(super) fn new(args: &BatchArgs) -> Self {
        let rate = |rate| Spacing { interval: Duration::from_secs(1) / rate, next: Instant::now().into() };
        Self {
            jobs: Arc::new(Semaphore::new(args.jobs)),
            per_host: args.per_host,
            hosts: Mutex::default(),
            platform: Some(args.rate).filter(|rate| *rate > 0).map(rate),
            stop: CancellationToken::new(),
        }
    }

    /// Waits for a permit; `None` once stopped.
    pub(super) async fn acquire(&self, host: &str, platform: bool) -> Option<Permit<'_>> {
        self.stop.run_until_cancelled(self.wait(host, platform)).await.flatten()
    }

    /// Waits for the host first, then for the platform's rate, and last for one of the jobs, so that a test that waits
    /// for its host or for the rate does not keep another one waiting.
    async fn wait(&self, host: &str, platform: bool) -> Option<Permit<'_>> {
        let mut permit = Permit { limiter: self, host: host.to_owned(), held: None };
        let new = || Arc::new(Semaphore::new(self.per_host));
        let host = Arc::clone(self.hosts().entry(host.to_owned()).or_insert_with(new));
        let host = host.acquire_owned().await.ok()?;
        let job = || Arc::clone(&self.jobs).acquire_owned();
        let job = match self.platform.as_ref().filter(|_| platform) {
            None => job().await.ok()?,
            Some(rate) => {
                let mut next = rate.next.lock().await;
                sleep_until(*next).await;
                let job = job().await.ok()?;
                *next = Instant::now() + rate.interval;
                job
            }
        };
        permit.held = Some([host, job]);
        Some(permit)
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<String, Arc<Semaphore>>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit<'_> {
    /// Forgets a host that no test waits for, so that memory does not grow with the number of hosts.
    fn drop(&mut self) {
        let mut hosts = self.limiter.hosts();
        self.held = None;
        if hosts.get(&self.host).is_some_and(|host| Arc::strong_count(host) == 1) {
            hosts.remove(&self.host);
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use futures_util::FutureExt as _;

    use super::*;
    use crate::cli::{Args, Command};

    fn limiter(arguments: &str) -> Limiter {
        let line = ["p12-test", "batch"].into_iter().chain(arguments.split_whitespace());
        let Some(Command::Batch(args)) = Args::try_parse_from(line).unwrap().command else { panic!() };
        Limiter::new(&args)
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_has_more_submissions_than_the_platform_accepts() {
        let limiter = limiter("");
        let mut started = Vec::new();
        for account in 0..40 {
            drop(limiter.acquire(&account.to_string(), true).await);
            started.push(Instant::now());
        }
        for (at, first) in started.iter().enumerate() {
            let within =
                started[at..].iter().filter(|other| **other - *first < Duration::from_secs(1)).count();
            assert!(within < 10, "{within} in a second");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_test_that_waits_for_the_rate_holds_up_no_local_test() {
        let limiter = limiter("-j 1 --rate 1");
        drop(limiter.acquire("platform", true).await);
        let mut second = Box::pin(limiter.acquire("platform", true));
        assert!(second.as_mut().now_or_never().is_none());
        let local = limiter.acquire("local", false).now_or_never();
        assert!(local.is_some());
        drop(local);
        assert!(second.await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_the_wait_for_the_rate() {
        let limiter = limiter("--rate 1");
        drop(limiter.acquire("platform", true).await);
        let mut second = Box::pin(limiter.acquire("platform", true));
        assert!(second.as_mut().now_or_never().is_none());
        limiter.stop.cancel();
        assert!(second.now_or_never().unwrap().is_none());
    }
}
