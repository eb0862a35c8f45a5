//! Many tests at once, in bounded memory.

use std::collections::BTreeMap;
use std::future::ready;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::cli::BatchArgs;
use crate::error::{Error, Kind, Result};
use crate::interrupt::wait_for_signal;
use crate::outcome::Outcome;
use crate::process;
use crate::words::counted;
use cache::{BatchCache, CachedInputs};
use limiter::Limiter;
use manifest::{Manifest, unusable};
use record::{Record, Records, Test};
use selection::{Decision, Selection};

pub mod cache;
pub mod fields;
mod limiter;
pub mod manifest;
mod outputs;
pub mod record;
mod selection;
mod sheet;

/// A record that was tested, and its outcome.
pub struct Tested {
    pub id: String,
    /// Its line in the manifest, from 1.
    pub line: u64,
    /// The position of its end in the manifest, in bytes.
    pub read: u64,
    pub outcome: Outcome,
}

/// The totals of a batch.
#[derive(Debug, Default)]
pub struct Tally {
    /// Results by the name of their kind.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Records that have a result in the resumed files.
    pub resumed: u64,
    /// Those of them that did not pass.
    pub failed_before: u64,
    /// Records of other shards.
    pub elsewhere: u64,
    /// Lines of the resumed files that are not results.
    pub garbled: u64,
    /// Whether any record could be read, and whether any could not.
    readable: (bool, bool),
    /// Why the manifest could not be read to its end.
    broken: Option<Error>,
    /// Whether Ctrl-C or SIGTERM ended it.
    pub interrupted: bool,
    /// Whether a second signal came, so that nothing is waited for.
    pub abandoned: bool,
}

impl Tally {
    fn add(&mut self, tested: &Tested) {
        *self.kinds.entry(tested.outcome.kind_name()).or_default() += 1;
    }

    /// All results.
    pub fn total(&self) -> u64 {
        self.kinds.values().sum()
    }

    /// Results that passed.
    pub fn passed(&self) -> u64 {
        self.kinds.get("passed").copied().unwrap_or_default()
    }

    /// The totals in a sentence.
    pub fn summary(&self, took: Duration) -> String {
        let mut parts: Vec<_> = self.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let aside = [
            (self.resumed, "had a result"),
            (self.failed_before, "of those did not pass"),
            (self.elsewhere, "left to other shards"),
        ];
        let aside = aside.iter().filter(|(count, _)| *count > 0);
        parts.extend(aside.map(|(count, what)| format!("{count} {what}")));
        if self.garbled > 0 {
            parts.push(format!("{} of results could not be read", counted(self.garbled, "line")));
        }
        let colon = if parts.is_empty() { "" } else { ": " };
        format!("{} in {:.1} s{colon}{}", counted(self.total(), "test"), took.as_secs_f64(), parts.join(", "))
    }

    /// Fails unless all tests passed, including those in the resumed files.
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
            // An empty manifest is most likely a mistake: nothing was tested.
            _ if total + self.elsewhere == 0 => Err(unusable("the manifest holds no record")),
            (None, 0) => Ok(()),
            (None, failed) => Err(Error::new(
                Kind::SomeFailed,
                format!("{failed} of {} did not pass", counted(total, "test")),
            )),
        }
    }
}

/// Makes the call of a record.
pub type Call = fn(CachedInputs) -> BoxFuture<'static, Outcome>;

/// How many records may wait. So a slow host delays others only if more of its records than this come in a
/// row.
const WINDOW: usize = 1024;

/// Tests the records of the manifest, each with `call`, and hands over each outcome as soon as it is there.
/// After Ctrl-C or SIGTERM no more records are read, but running tests finish. A second signal ends those
/// too, and a hand-over that waits.
pub async fn run(
    args: &BatchArgs,
    call: Call,
    done: impl AsyncFnMut(Tested, &Tally) -> Result<()>,
) -> Result<Tally> {
    process::raise_file_limit();
    let selection = Selection::new(args.shard, &args.resume)?;
    let defaults =
        args.defaults.as_deref().map_or_else(|| Ok(Default::default()), manifest::read_defaults)?;
    let (records, reading) = read(args.manifest.as_deref(), Records::new(defaults)?);
    let mut tally = Tally { garbled: selection.unreadable, ..Tally::default() };
    let limiter = Arc::new(Limiter::new(args));
    let stop = limiter.stop.clone();
    let run = Run { selection, call, limiter, cache: Arc::default(), running: JoinSet::new() };
    let twice_interrupted = async {
        wait_for_signal().await;
        stop.cancel();
        wait_for_signal().await;
    };
    tokio::select! {
        outcome = run.all(records, done, &mut tally) => outcome?,
        () = twice_interrupted => tally.abandoned = true,
    }
    tally.interrupted = stop.is_cancelled();
    if !tally.interrupted {
        // After a signal, do not wait for standard input.
        let lost = |_| Err(Error::new(Kind::Internal, "reading the manifest panicked"));
        tally.broken = reading.await.unwrap_or_else(lost).err();
    }
    match tally.broken {
        // There are no results yet, so the error is the only output.
        Some(broken) if tally.kinds.is_empty() => Err(broken),
        _ => Ok(tally),
    }
}

struct Run {
    selection: Selection,
    call: Call,
    limiter: Arc<Limiter>,
    cache: Arc<BatchCache>,
    running: JoinSet<Option<Tested>>,
}

impl Run {
    async fn all(
        mut self,
        mut records: mpsc::Receiver<Record>,
        mut done: impl AsyncFnMut(Tested, &Tally) -> Result<()>,
        tally: &mut Tally,
    ) -> Result<()> {
        let mut more = true;
        let stop = self.limiter.stop.clone();
        let mut stopped = std::pin::pin!(stop.cancelled());
        while more || !self.running.is_empty() {
            tokio::select! {
                biased;
                () = &mut stopped, if more => more = false,
                Some(ended) = self.running.join_next() => {
                    let ended = ended.map_err(|_| Error::new(Kind::Internal, "a test was aborted"))?;
                    if let Some(ended) = ended {
                        tally.add(&ended);
                        done(ended, tally).await?;
                    }
                }
                record = records.recv(), if more && self.running.len() < WINDOW => match record {
                    None => more = false,
                    Some(record) => self.begin(record, tally),
                },
            }
        }
        Ok(())
    }

    fn begin(&mut self, record: Record, tally: &mut Tally) {
        match record.readable {
            true => tally.readable.0 = true,
            false => tally.readable.1 = true,
        }
        let Record { id, content, line, read, test, .. } = record;
        match self.selection.decide(id.clone(), &content) {
            Decision::OtherShard => tally.elsewhere += 1,
            Decision::Done(passed) => {
                tally.resumed += 1;
                tally.failed_before += u64::from(!passed);
            }
            Decision::Duplicate(own) => {
                let id = id.unwrap_or_default();
                let message = format!("the record in line {line} has the same id as an earlier one: {id:?}");
                let outcome = Error::new(Kind::RecordInvalid, message).into();
                self.running.spawn(ready(Some(Tested { id: own, line, read, outcome })));
            }
            Decision::Test(id) => {
                let (limiter, cache) = (Arc::clone(&self.limiter), Arc::clone(&self.cache));
                let running = run_test(test, self.call, limiter, cache);
                self.running.spawn(async move { Some(Tested { id, line, read, outcome: running.await? }) });
            }
        }
    }
}

/// Reads the manifest in another thread, never far ahead.
fn read(
    path: Option<&Path>,
    mut records: Records,
) -> (mpsc::Receiver<Record>, tokio::task::JoinHandle<Result<()>>) {
    let (sender, receiver) = mpsc::channel(64);
    let manifest = Manifest::new(path);
    let reading = tokio::task::spawn_blocking(move || {
        manifest.read(|raw| records.convert(raw).is_none_or(|record| sender.blocking_send(record).is_ok()))
    });
    (receiver, reading)
}

/// Runs one test; `None` when the batch is stopped before.
async fn run_test(
    test: Result<Arc<Test>>,
    call: Call,
    limiter: Arc<Limiter>,
    cache: Arc<BatchCache>,
) -> Option<Outcome> {
    let test = match test {
        Err(error) => return Some(error.into()),
        Ok(test) => test,
    };
    let _permit = limiter.acquire(&test.host, test.args.platform.is_used()).await?;
    // The state of a call is large, so it is made only now. A test that panics has a
    // result too, and does not end the others.
    let outcome = AssertUnwindSafe(call(CachedInputs { cache, test })).catch_unwind().await;
    Some(outcome.unwrap_or_else(|_| Error::new(Kind::Internal, "the test panicked").into()))
}
