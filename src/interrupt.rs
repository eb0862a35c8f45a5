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

/// SIGHUP, which asks a server to read its files again. Without it, the signal ends the program.
pub struct Hangups {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangups {
    /// Listens from now on. There is no such signal on Windows.
    pub fn listen() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Self { signal: signal(SignalKind::hangup()).ok() }
        }
        #[cfg(not(unix))]
        Self {}
    }

    /// Never hears any.
    pub fn none() -> Self {
        Self {
            #[cfg(unix)]
            signal: None,
        }
    }

    /// Waits for the next one; `false` when none will come.
    pub async fn next(&mut self) -> bool {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal {
            return signal.recv().await.is_some();
        }
        false
    }
}
