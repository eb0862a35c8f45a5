//! Many tests at once, in bounded memory.

use std::collections::BTreeMap;
use std::future::ready;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::cli::BatchArgs;
use crate::error::{Error, Kind, Result};
use crate::files;
use crate::interrupt::interrupted;
use crate::outcome::Outcome;
use cache::{Cached, Common};
use manifest::{Manifest, unusable};
use pace::Pace;
use record::{Record, Records, Test};
use share::{Choice, Share};

pub mod cache;
pub mod manifest;
mod outputs;
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
    /// What it came to.
    pub outcome: Outcome,
}

/// What a whole batch came to.
#[derive(Debug, Default)]
pub struct Tally {
    /// Results by the name of their kind.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Records that have a result in what is resumed.
    pub resumed: u64,
    /// Those of them whose result is no success.
    pub failed_before: u64,
    /// Records that are for other shares.
    pub elsewhere: u64,
    /// Lines of what is resumed that hold no result.
    pub garbled: u64,
    /// Whether any record could be read, and whether any could not.
    readable: (bool, bool),
    /// Why the manifest ended before its end.
    broken: Option<Error>,
    /// Whether Ctrl-C or SIGTERM ended it.
    pub interrupted: bool,
    /// Whether it was asked a second time, and nothing is waited for any more.
    pub abandoned: bool,
}

impl Tally {
    fn add(&mut self, done: &Done) {
        *self.kinds.entry(done.outcome.kind_name()).or_default() += 1;
    }

    /// All results.
    pub fn total(&self) -> u64 {
        self.kinds.values().sum()
    }

    /// Results that are successes.
    pub fn passed(&self) -> u64 {
        self.kinds.get("passed").copied().unwrap_or_default()
    }

    /// What it came to in a sentence.
    pub fn summary(&self, took: Duration) -> String {
        let mut parts: Vec<_> = self.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let aside = [
            (self.resumed, "had a result"),
            (self.failed_before, "of those did not pass"),
            (self.elsewhere, "belong to other shares"),
            (self.garbled, "lines of results could not be read"),
        ];
        let aside = aside.iter().filter(|(count, _)| *count > 0);
        parts.extend(aside.map(|(count, what)| format!("{count} {what}")));
        let colon = if parts.is_empty() { "" } else { ": " };
        format!("{} tests in {:.1} s{colon}{}", self.total(), took.as_secs_f64(), parts.join(", "))
    }

    /// Fails unless all passed, those that are resumed from included.
    pub fn verdict(self) -> Result<()> {
        let (failed, total) =
            (self.total() - self.passed() + self.failed_before, self.total() + self.resumed);
        if self.interrupted {
            let hint = "run it again with --resume and the results so far";
            return Err(
                Error::new(Kind::Interrupted, "interrupted before the end of the manifest").with_hint(hint)
            );
        }
        match (self.broken, failed) {
            (Some(broken), _) => Err(broken),
            _ if self.readable == (false, true) => Err(unusable("no record of the manifest can be read")),
            // Whoever made it was to make some: nothing was tested.
            _ if total + self.elsewhere == 0 => Err(unusable("the manifest holds no record")),
            (None, 0) => Ok(()),
            (None, failed) => {
                Err(Error::new(Kind::SomeFailed, format!("{failed} of {total} tests did not pass")))
            }
        }
    }
}

/// Makes the call of a record.
pub trait Call: Clone + Send + Sync + 'static {
    /// What the call comes to.
    fn call(&self, inputs: Cached) -> impl Future<Output = Outcome> + Send;
}

/// Records that are looked at before their turn: where hosts are slow, so many of theirs may wait, and no other has to.
const WINDOW: usize = 1024;

/// Tests the records of the manifest, each by `call`, and hands over what came of them as they end. Ctrl-C, or
/// SIGTERM, ends the reading, not what is in flight; the second one ends that too, and even a hand-over that waits.
pub async fn run(
    args: &BatchArgs,
    call: impl Call,
    done: impl AsyncFnMut(Done, &Tally) -> Result<()>,
) -> Result<Tally> {
    files::allow_more();
    let share = Share::new(args.shard, &args.resume)?;
    let defaults = args.defaults.as_deref().map_or_else(|| Ok(Default::default()), manifest::defaults)?;
    let (records, reading) = read(args.manifest.as_deref(), Records::new(defaults)?);
    let mut tally = Tally { garbled: share.garbled, ..Tally::default() };
    let pace = Arc::new(Pace::new(args));
    let run = Run { share, pace: Arc::clone(&pace), common: Arc::default(), running: JoinSet::new() };
    let twice_interrupted = async {
        interrupted().await;
        pace.close();
        interrupted().await;
    };
    tokio::select! {
        outcome = run.all(records, call, done, &mut tally) => outcome?,
        () = twice_interrupted => tally.abandoned = true,
    }
    tally.interrupted = pace.is_closed();
    if !tally.interrupted {
        // Whoever was interrupted does not wait for a reader of standard input.
        let lost = |_| Err(Error::new(Kind::Internal, "the manifest was given up"));
        tally.broken = reading.await.unwrap_or_else(lost).err();
    }
    match tally.broken {
        // There are no results that it could be told after.
        Some(broken) if tally.kinds.is_empty() => Err(broken),
        _ => Ok(tally),
    }
}

/// What a run has in hand.
struct Run {
    share: Share,
    pace: Arc<Pace>,
    common: Arc<Common>,
    running: JoinSet<Option<Done>>,
}

impl Run {
    async fn all(
        mut self,
        mut records: mpsc::Receiver<Record>,
        call: impl Call,
        mut done: impl AsyncFnMut(Done, &Tally) -> Result<()>,
        tally: &mut Tally,
    ) -> Result<()> {
        let mut more = true;
        let pace = Arc::clone(&self.pace);
        let mut closed = std::pin::pin!(pace.closed());
        while more || !self.running.is_empty() {
            tokio::select! {
                biased;
                () = &mut closed, if more => more = false,
                Some(ended) = self.running.join_next() => {
                    let ended = ended.map_err(|_| Error::new(Kind::Internal, "a test was given up"))?;
                    if let Some(ended) = ended {
                        tally.add(&ended);
                        done(ended, tally).await?;
                    }
                }
                record = records.recv(), if more && self.running.len() < WINDOW => match record {
                    None => more = false,
                    Some(record) => self.begin(record, &call, tally),
                },
            }
        }
        Ok(())
    }

    fn begin(&mut self, record: Record, call: &impl Call, tally: &mut Tally) {
        match record.readable {
            true => tally.readable.0 = true,
            false => tally.readable.1 = true,
        }
        let Record { id, content, line, read, test, .. } = record;
        match self.share.choose(id.clone(), &content) {
            Choice::Elsewhere => tally.elsewhere += 1,
            Choice::Done(passed) => {
                tally.resumed += 1;
                tally.failed_before += u64::from(!passed);
            }
            Choice::Twice(own) => {
                let id = id.unwrap_or_default();
                let message = format!(
                    "the record in line {line} has the id {id:?}, which another record before it has"
                );
                let outcome = Error::new(Kind::RecordInvalid, message).into();
                self.running.spawn(ready(Some(Done { id: own, line, read, outcome })));
            }
            Choice::Test(id) => {
                let (pace, common) = (Arc::clone(&self.pace), Arc::clone(&self.common));
                let tested = one(test, call.clone(), pace, common);
                self.running.spawn(async move { Some(Done { id, line, read, outcome: tested.await? }) });
            }
        }
    }
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
async fn one(
    test: Result<Arc<Test>>,
    call: impl Call,
    pace: Arc<Pace>,
    common: Arc<Common>,
) -> Option<Outcome> {
    let test = match test {
        Err(error) => return Some(error.into()),
        Ok(test) => test,
    };
    let _turn = pace.turn(&test.host, test.args.platform.is_used()).await?;
    // A call's state is large, and is not there before its turn.
    Some(Box::pin(caught(test, &call, common)).await)
}

/// A test that panics is a result, and no end of the others.
async fn caught(test: Arc<Test>, call: &impl Call, common: Arc<Common>) -> Outcome {
    let called = call.call(Cached { common, test });
    let caught = AssertUnwindSafe(called).catch_unwind().await;
    caught.unwrap_or_else(|_| Error::new(Kind::Internal, "the test ended in a panic").into())
}
