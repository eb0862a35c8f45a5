//! The policy for work that takes long: in another thread, so that Ctrl-C and other tasks need not wait for it.

use std::sync::LazyLock;

use tokio::sync::Semaphore;

use crate::error::{Error, Kind, Result};

/// Waits for work that is done in another thread. When nobody waits any more, that thread comes to its end by itself.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(Error::new(Kind::Internal, "the thread that handled the P12 failed")))
}

/// The same for work that keeps a processor busy: only as much at once as there are processors.
pub(super) async fn off_thread_in_turn<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    static TURNS: LazyLock<Semaphore> =
        LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)));
    let turn = TURNS.acquire().await;
    off_thread(move || {
        let _turn = turn;
        work()
    })
    .await
}
