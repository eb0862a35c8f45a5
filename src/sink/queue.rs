//! Results on their way to stdout: a reader that stops holds up a thread of its own, and nothing else.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};

use indicatif::ProgressBar;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::output::unwritable;
use crate::error::{Error, Kind, Result};
use crate::files;

/// Writes texts in the order in which they come, each by one write.
pub struct Queue {
    texts: Option<mpsc::Sender<String>>,
    writing: JoinHandle<io::Result<()>>,
}

/// Texts that wait for the reader.
const WAITING: usize = 64;

impl Queue {
    /// To stdout; where that is a terminal, the bar makes room.
    ///
    /// # Errors
    /// Fails with `output-failed` where stdout is closed.
    pub fn start(bar: &ProgressBar) -> Result<Self> {
        let out = files::stdout().map_err(unwritable("standard output"))?;
        let (texts, coming) = mpsc::channel(WAITING);
        let bar = Some(bar.clone()).filter(|_| out.is_terminal());
        let writing = tokio::task::spawn_blocking(move || write_all(out, coming, bar));
        Ok(Self { texts: Some(texts), writing })
    }

    /// Hands a text over; waits where the reader is slow.
    ///
    /// # Errors
    /// Fails with `output-failed` where the reader has gone.
    pub async fn write(&mut self, text: String) -> Result<()> {
        let Some(texts) = self.texts.as_ref().filter(|_| !text.is_empty()) else { return Ok(()) };
        match texts.send(text).await {
            Ok(()) => Ok(()),
            Err(_) => self.finish().await,
        }
    }

    /// Waits until all is written.
    ///
    /// # Errors
    /// Fails with `output-failed`.
    pub async fn finish(&mut self) -> Result<()> {
        self.texts = None;
        let lost = |_| Error::new(Kind::Internal, "the thread that writes the results ended");
        (&mut self.writing).await.map_err(lost)?.map_err(unwritable("standard output"))
    }
}

fn write_all(mut out: File, mut texts: mpsc::Receiver<String>, bar: Option<ProgressBar>) -> io::Result<()> {
    while let Some(text) = texts.blocking_recv() {
        let mut write = || out.write_all(text.as_bytes());
        match &bar {
            Some(bar) => bar.suspend(write)?,
            None => write()?,
        }
    }
    Ok(())
}
