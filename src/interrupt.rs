//! Ctrl-C and SIGTERM, and what Windows has instead.

use crate::error::{Error, Kind, Result};

/// Runs until done or until a signal. Whatever may ask at the terminal runs in here: a signal that is not handled would
/// end the program before the terminal gets its settings back.
///
/// # Errors
/// When a signal comes first, or as `work` fails.
pub async fn run_until_signal<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    run_until(wait_for_signal(), work).await
}

/// Runs until done or until `end`, which the caller can go on waiting for.
///
/// # Errors
/// When the end comes first, or as `work` fails.
pub async fn run_until<T>(end: impl Future<Output = ()>, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        // The signal handlers must be there before anything is asked.
        biased;
        () = end => Err(Error::new(Kind::Interrupted, "interrupted")),
        outcome = work => outcome,
    }
}

/// Waits for Ctrl-C, SIGTERM, or what Windows sends when a window is closed.
pub async fn wait_for_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    #[cfg(windows)]
    {
        use tokio::signal::windows::{ctrl_break, ctrl_close, ctrl_logoff, ctrl_shutdown};
        if let (Ok(mut key), Ok(mut close), Ok(mut logoff), Ok(mut shutdown)) =
            (ctrl_break(), ctrl_close(), ctrl_logoff(), ctrl_shutdown())
        {
            tokio::select! {
                _ = key.recv() => {}
                _ = close.recv() => {}
                _ = logoff.recv() => {}
                _ = shutdown.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
