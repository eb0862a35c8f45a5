//! Many tests at once, in bounded memory.

use std::collections::BTreeMap;
use std::future::ready;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt as _;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::args::BatchArgs;
use crate::error::{Error, Kind, Result};
use crate::interrupt::interrupted;
use cache::{Cached, Common};
use manifest::Manifest;
use pace::Pace;
use record::{Record, Records, Test, by_line};
use share::{Choice, Share};

pub mod cache;
pub mod manifest;
mod pace;
pub mod record;
mod share;

/// What came of a record.
pub struct Done {
    /// The record's.
    pub id: String,
    /// The line of the manifest that it is in, from 1.
    pub line: u64,
    /// Bytes of the manifest up to its end.
    pub read: u64,
    /// The report of its test.
    pub document: Value,
}

/// What a whole batch came to.
#[derive(Debug, Default)]
pub struct Tally {
    /// Results by kind.
    pub kinds: BTreeMap<String, u64>,
    /// Records that have a result in what is resumed.
    pub resumed: u64,
    /// Records that are for other shares.
    pub elsewhere: u64,
    /// Lines of what is resumed that hold no result.
    pub garbled: u64,
    /// Whether Ctrl-C or SIGTERM ended it.
    pub interrupted: bool,
}

impl Tally {
    fn add(&mut self, done: &Done) {
        let kind = done.document.get("kind").and_then(Value::as_str).unwrap_or_default();
        *self.kinds.entry(kind.to_owned()).or_default() += 1;
    }

    /// All results.
    pub fn total(&self) -> u64 {
        self.kinds.values().sum()
    }

    /// Results that are successes.
    pub fn passed(&self) -> u64 {
        self.kinds.get("passed").copied().unwrap_or_default()
    }

    /// Fails unless all passed.
    pub fn verdict(&self) -> Result<()> {
        let (failed, total) = (self.total() - self.passed(), self.total());
        if self.interrupted {
            let hint = "run it again with --resume and the results so far";
            return Err(
                Error::new(Kind::Interrupted, "interrupted before the end of the manifest").with_hint(hint)
            );
        }
        match failed {
            0 => Ok(()),
            failed => Err(Error::new(Kind::SomeFailed, format!("{failed} of {total} tests did not pass"))),
        }
    }
}

/// Makes one test of a record and returns its report.
pub trait Each: Clone + Send + Sync + 'static {
    /// The report of this test.
    fn test(&self, inputs: Cached) -> impl Future<Output = Value> + Send;

    /// The report of a record that is no test.
    fn refused(&self, error: Error) -> Value;
}

/// Records that wait for their turn, for each that runs: room to go on where one host is slow.
const WAITING: usize = 4;

/// Tests the records of the manifest, each by `each`, and hands over what came of them as they end. Ctrl-C, or
/// SIGTERM, ends the reading, not what is in flight.
pub async fn run(
    args: &BatchArgs,
    each: impl Each,
    mut done: impl FnMut(Done, &Tally) -> Result<()>,
) -> Result<Tally> {
    let mut share = Share::new(args.shard, &args.resume)?;
    let defaults = args.defaults.as_deref().map_or_else(|| Ok(Default::default()), manifest::defaults)?;
    let (mut records, reading) = read(args.manifest.as_deref(), Records::new(defaults));
    let (pace, common) = (Arc::new(Pace::new(args)), Arc::new(Common::default()));
    let (mut running, mut tally) = (JoinSet::new(), Tally { garbled: share.garbled, ..Tally::default() });
    let mut more = true;
    let mut interrupt = std::pin::pin!(interrupted());
    while more || !running.is_empty() {
        tokio::select! {
            biased;
            () = &mut interrupt => {
                pace.close();
                if tally.interrupted {
                    break;
                }
                (tally.interrupted, more) = (true, false);
                interrupt.set(interrupted());
            }
            Some(ended) = running.join_next() => {
                let ended: Option<Done> = ended.map_err(|_| Error::new(Kind::Internal, "a test was given up"))?;
                if let Some(ended) = ended {
                    tally.add(&ended);
                    done(ended, &tally)?;
                }
            }
            record = records.recv(), if more && running.len() < args.jobs * WAITING => match record {
                None => more = false,
                Some(record) => match share.choose(&record.id, record.line) {
                    Choice::Elsewhere => tally.elsewhere += 1,
                    Choice::Done => tally.resumed += 1,
                    Choice::Twice => drop(running.spawn(ready(Some(twice(record, &each))))),
                    Choice::Test => {
                        let (pace, common) = (Arc::clone(&pace), Arc::clone(&common));
                        running.spawn(one(record, each.clone(), pace, common));
                    }
                },
            },
        }
    }
    drop(records);
    if !tally.interrupted {
        // Whoever was interrupted does not wait for a reader of standard input.
        let lost = |_| Err(Error::new(Kind::Internal, "the manifest was given up"));
        reading.await.unwrap_or_else(lost)?;
    }
    Ok(tally)
}

/// Reads the manifest in a thread of its own, never far ahead.
fn read(
    path: Option<&Path>,
    mut records: Records,
) -> (mpsc::Receiver<Record>, tokio::task::JoinHandle<Result<()>>) {
    let (sender, receiver) = mpsc::channel(64);
    let manifest = Manifest::new(path);
    let reading = tokio::task::spawn_blocking(move || {
        manifest.read(|entry| match records.take(entry) {
            Some(record) => sender.blocking_send(record).is_ok(),
            None => true,
        })
    });
    (receiver, reading)
}

/// Nothing comes of a record whose turn does not come before the end.
async fn one(record: Record, each: impl Each, pace: Arc<Pace>, common: Arc<Common>) -> Option<Done> {
    let Record { id, line, read, test } = record;
    let document = match test {
        Err(error) => each.refused(error),
        Ok(test) => {
            let platform = test.args.platform.is_used();
            let _turn = pace.turn(&test.host, platform).await?;
            caught(test, &each, common).await
        }
    };
    Some(Done { id, line, read, document })
}

/// A test that panics is a result, and no end of the others.
async fn caught(test: Test, each: &impl Each, common: Arc<Common>) -> Value {
    let called = each.test(Cached { common, test: Arc::new(test) });
    let caught = AssertUnwindSafe(called).catch_unwind().await;
    caught.unwrap_or_else(|_| each.refused(Error::new(Kind::Internal, "the test ended in a panic")))
}

/// Its result goes by its line, so that no id has two.
fn twice(record: Record, each: &impl Each) -> Done {
    let Record { id, line, read, .. } = record;
    let message = format!("the record in line {line} has the id {id:?}, which another record before it has");
    let document = each.refused(Error::new(Kind::RecordInvalid, message));
    Done { id: by_line(line), line, read, document }
}
