//! A queue of results for stdout. If its reader stops, only the queue's own thread blocks.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};

use indicatif::ProgressBar;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::output::{STDOUT, unwritable};
use crate::error::{Error, Kind, Result};
use crate::files;

/// Writes texts in their order, each with one write.
pub struct Queue {
    texts: Option<mpsc::Sender<String>>,
    writing: JoinHandle<io::Result<()>>,
}

/// How many texts may wait for the reader.
const WAITING: usize = 64;

impl Queue {
    /// Starts a queue for stdout. On a terminal, the bar makes room for each text.
    ///
    /// # Errors
    /// `output-failed` if stdout is closed.
    pub fn start(bar: &ProgressBar) -> Result<Self> {
        let out = files::stdout().map_err(unwritable(STDOUT))?;
        let (texts, coming) = mpsc::channel(WAITING);
        let bar = Some(bar.clone()).filter(|_| out.is_terminal());
        let writing = tokio::task::spawn_blocking(move || write_all(out, coming, bar));
        Ok(Self { texts: Some(texts), writing })
    }

    /// Adds a text. Waits if the reader is slow.
    ///
    /// # Errors
    /// `output-failed` if the reader has gone.
    pub async fn write(&mut self, text: String) -> Result<()> {
        let Some(texts) = self.texts.as_ref().filter(|_| !text.is_empty()) else { return Ok(()) };
        match texts.send(text).await {
            Ok(()) => Ok(()),
            Err(_) => self.finish().await,
        }
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// `output-failed`.
    pub async fn finish(&mut self) -> Result<()> {
        self.texts = None;
        let lost = |_| Error::new(Kind::Internal, "the thread that writes the results ended");
        (&mut self.writing).await.map_err(lost)?.map_err(unwritable(STDOUT))
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
