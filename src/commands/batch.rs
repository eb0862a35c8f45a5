//! `batch`: many tests. Results go to stdout; a progress bar and the totals go to stderr.

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use indicatif::ProgressBar;

use super::test;
use crate::batch::{self, Tally, Tested, cache::CachedInputs, manifest::Manifest};
use crate::cli::{BatchArgs, Format};
use crate::console::{Console, Detail};
use crate::error::{Error, Exit, Kind, Result};
use crate::interrupt::wait_for_signal;
use crate::outcome::Outcome;
use crate::progress;
use crate::sink::{output, queue::Queue};
use crate::view;
use crate::view::format::View;

/// Tests each record of a manifest.
pub(super) async fn run(args: &BatchArgs, console: &Console) -> Result<Exit> {
    let mut results = Results::new(args, console).await?;
    let tally = batch::run(args, call, async |done, tally| results.add(done, tally).await).await?;
    results.finish(&tally).await?;
    tally.verdict().map(|()| Exit::Success)
}

/// Tests a record in the same way as a test from the command line.
fn call(inputs: CachedInputs) -> BoxFuture<'static, Outcome> {
    Box::pin(async move {
        let mut outcome = Outcome::default();
        let args = &inputs.test.args;
        outcome.result = test::call(&inputs, args, &Console::silent(), &mut outcome).await;
        outcome
    })
}

/// Writes each result as soon as it is there.
struct Results<'a> {
    console: &'a Console,
    view: Box<dyn View>,
    out: Queue,
    bar: ProgressBar,
    start: Instant,
}

/// How long a slow reader of stdout is waited for after a second signal.
const PATIENCE: Duration = Duration::from_secs(1);

impl<'a> Results<'a> {
    async fn new(args: &BatchArgs, console: &'a Console) -> Result<Self> {
        let size = Manifest::new(args.manifest.as_deref()).size();
        let bar = progress::batch(console.is_animated(), size);
        let (view, out) = (view::of(args.format, args.manifest.as_deref()), Queue::start(&bar)?);
        let mut results = Self { console, view, out, bar, start: Instant::now() };
        // An earlier run was killed in the middle of a line.
        if args.format == Format::Ndjson && output::stdout_is_midline() {
            results.out.write("\n".into()).await?;
        }
        results.out.write(results.view.begin()).await?;
        Ok(results)
    }

    async fn add(&mut self, tested: Tested, tally: &Tally) -> Result<()> {
        let (failing, total) = (tally.total() - tally.passed(), tally.total());
        let rate = total as f64 / self.start.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!("{total} done, {failing} failing, {rate:.0}/s"));
        self.bar.set_position(self.bar.position().max(tested.read));
        self.out.write(self.view.add(&tested, total)).await
    }

    /// Writes the end of the results and the totals. If the reader of stdout has stopped, this waits until a
    /// signal comes; after a second signal it waits only for `PATIENCE`.
    async fn finish(mut self, tally: &Tally) -> Result<()> {
        self.bar.finish_and_clear();
        let interrupted = async {
            match tally.abandoned {
                true => tokio::time::sleep(PATIENCE).await,
                false => wait_for_signal().await,
            }
        };
        tokio::select! {
            written = self.write_end(tally.total()) => written?,
            () = interrupted => return Err(Error::new(Kind::Interrupted, "interrupted before all results were written")),
        }
        if self.console.detail >= Detail::Usual {
            self.console.say(tally.summary(self.start.elapsed()));
        }
        Ok(())
    }

    async fn write_end(&mut self, count: u64) -> Result<()> {
        self.out.write(self.view.end(count, self.start.elapsed())?).await?;
        self.out.finish().await
    }
}
