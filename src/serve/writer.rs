//! The lines of the log go through a bounded queue to one thread: a reader that stalls stops no request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

use crate::certificate;

/// Writes each line of the log.
pub type Log = Arc<dyn Fn(&Value) + Send + Sync>;

/// Takes lines without waiting.
pub(super) struct Writer {
    lines: Sender<Line>,
    /// Lines dropped since this was last said in the log.
    dropped: Arc<AtomicU64>,
    pub(super) all_dropped: Counter,
}

enum Line {
    Entry(Value),
    /// Answered when all lines before it are written.
    Flush(oneshot::Sender<()>),
}

/// Lines that wait while the reader is busy.
const QUEUE: usize = 4096;

/// How long the end of the server waits for the reader.
const PATIENCE: Duration = Duration::from_secs(2);

impl Writer {
    pub(super) fn new(log: Log) -> Self {
        let (lines, queue) = channel(QUEUE);
        let dropped = Arc::<AtomicU64>::default();
        let counted = Arc::clone(&dropped);
        // Not joined, as it may hang in a write.
        std::thread::spawn(move || write_all(queue, &counted, &log));
        Self { lines, dropped, all_dropped: Counter::default() }
    }

    /// Queues a line, or drops it when the queue is full.
    pub(super) fn write(&self, line: Value) {
        if self.lines.try_send(Line::Entry(line)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            self.all_dropped.inc();
        }
    }

    /// Waits a while until all lines are written.
    pub(super) async fn flush(&self) {
        let flushed = async {
            let (sender, receiver) = oneshot::channel();
            let _ = self.lines.send(Line::Flush(sender)).await;
            receiver.await
        };
        let _ = tokio::time::timeout(PATIENCE, flushed).await;
    }
}

fn write_all(mut queue: Receiver<Line>, dropped: &AtomicU64, log: &Log) {
    while let Some(line) = queue.blocking_recv() {
        match line {
            Line::Entry(value) => log(&value),
            Line::Flush(done) => drop(done.send(())),
        }
        let count = dropped.swap(0, Ordering::Relaxed);
        if count > 0 {
            log(&json!({"time": certificate::timestamp(), "dropped": count}));
        }
    }
}
