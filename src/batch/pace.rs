//! How many tests run at once: in all, against one host, and a second by way of the platform.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use crate::cli::BatchArgs;

/// Lets tests begin.
pub(super) struct Pace {
    jobs: Arc<Semaphore>,
    per_host: usize,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
    platform: Option<Rate>,
    /// Closed at the end; nobody ever gets in.
    end: Semaphore,
}

/// Lets the next test begin when it is dropped.
pub(super) struct Turn<'a> {
    pace: &'a Pace,
    host: String,
    held: Option<[OwnedSemaphorePermit; 2]>,
}

/// Beginnings that are so far apart: none is saved up, as the platform counts what comes within any second.
struct Rate {
    apart: Duration,
    /// When the next may begin. Whoever waits for that holds the lock, and the others come in turn.
    next: tokio::sync::Mutex<Instant>,
}

impl Pace {
    /// As the command line says.
    pub(super) fn new(args: &BatchArgs) -> Self {
        let rate = |rate| Rate { apart: Duration::from_secs(1) / rate, next: Instant::now().into() };
        Self {
            jobs: Arc::new(Semaphore::new(args.jobs)),
            per_host: args.per_host,
            hosts: Mutex::default(),
            platform: Some(args.rate).filter(|rate| *rate > 0).map(rate),
            end: Semaphore::new(0),
        }
    }

    /// Waits for a turn against this host: first there, then for the platform's rate, and only then among all, so
    /// that whoever waits for a host or for the rate keeps no other from its turn. `None` when nothing more shall
    /// begin.
    pub(super) async fn turn(&self, host: &str, platform: bool) -> Option<Turn<'_>> {
        let mut turn = Turn { pace: self, host: host.to_owned(), held: None };
        let fresh = || Arc::new(Semaphore::new(self.per_host));
        let room = Arc::clone(self.hosts().entry(host.to_owned()).or_insert_with(fresh));
        let place = room.acquire_owned().await.ok()?;
        let job = || Arc::clone(&self.jobs).acquire_owned();
        turn.held = Some([
            place,
            match self.platform.as_ref().filter(|_| platform) {
                None => job().await.ok()?,
                Some(rate) => {
                    let mut next = rate.next.lock().await;
                    tokio::select! {
                        () = sleep_until(*next) => {}
                        () = self.closed() => return None,
                    }
                    let job = job().await.ok()?;
                    *next = Instant::now() + rate.apart;
                    job
                }
            },
        ]);
        Some(turn)
    }

    /// Lets nothing more begin.
    pub(super) fn close(&self) {
        self.jobs.close();
        self.end.close();
    }

    /// Whether nothing more may begin.
    pub(super) fn is_closed(&self) -> bool {
        self.end.is_closed()
    }

    /// Waits until nothing more may begin.
    pub(super) async fn closed(&self) {
        let _ = self.end.acquire().await;
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

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use futures_util::FutureExt as _;

    use super::*;
    use crate::cli::{Args, Command};

    fn pace(arguments: &str) -> Pace {
        let line = ["p12-test", "batch"].into_iter().chain(arguments.split_whitespace());
        let Some(Command::Batch(args)) = Args::try_parse_from(line).unwrap().command else { panic!() };
        Pace::new(&args)
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_has_more_submissions_than_the_platform_takes() {
        let pace = pace("");
        let mut begun = Vec::new();
        for account in 0..40 {
            drop(pace.turn(&account.to_string(), true).await);
            begun.push(Instant::now());
        }
        for (at, first) in begun.iter().enumerate() {
            let within = begun[at..].iter().filter(|other| **other - *first < Duration::from_secs(1)).count();
            assert!(within < 10, "{within} in a second");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_the_rate_keeps_no_local_test_from_its_turn() {
        let pace = pace("-j 1 --rate 1");
        drop(pace.turn("platform", true).await);
        let mut second = Box::pin(pace.turn("platform", true));
        assert!(second.as_mut().now_or_never().is_none());
        let local = pace.turn("local", false).now_or_never();
        assert!(local.is_some());
        drop(local);
        assert!(second.await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_for_the_rate_ends_with_all() {
        let pace = pace("--rate 1");
        drop(pace.turn("platform", true).await);
        let mut second = Box::pin(pace.turn("platform", true));
        assert!(second.as_mut().now_or_never().is_none());
        pace.close();
        assert!(second.now_or_never().unwrap().is_none());
    }
}
