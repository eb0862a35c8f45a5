//! Ctrl-C or SIGTERM, or what Windows has for them: somebody wants it to end.

use crate::error::{Error, Kind, Result};

/// Ends with what comes of `work`, or earlier when somebody wants it to end. Whatever may ask at the terminal runs in here:
/// a signal that nobody waits for would end the program before the terminal is put back.
pub async fn unless_interrupted<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    unless(interrupted(), work).await
}

/// The same where the end is waited for elsewhere, too.
pub async fn unless<T>(end: impl Future<Output = ()>, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        // The signals are waited for before anything is asked.
        biased;
        () = end => Err(Error::new(Kind::Interrupted, "interrupted")),
        outcome = work => outcome,
    }
}

/// Waits for any of them.
pub async fn interrupted() {
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
