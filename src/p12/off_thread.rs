//! Runs slow work in another thread, so that Ctrl-C and other tasks need not wait for it.

use std::sync::LazyLock;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Kind, Result};

/// Runs work in another thread and waits for it. If the waiting is cancelled, that thread still ends by
/// itself.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(Error::new(Kind::Internal, "the thread that handled the P12 failed")))
}

/// The same for work that keeps a processor busy: only one piece per processor runs at the same time. The
/// token tells the work that the caller has gone.
pub(super) async fn off_thread_in_turn<T: Send + 'static>(
    work: impl FnOnce(CancellationToken) -> Result<T> + Send + 'static,
) -> Result<T> {
    static TURNS: LazyLock<Semaphore> =
        LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)));
    let turn = TURNS.acquire().await;
    let given_up = CancellationToken::new();
    let _waiting = given_up.clone().drop_guard();
    off_thread(move || {
        let _turn = turn;
        work(given_up)
    })
    .await
}
