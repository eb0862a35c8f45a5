//! The results of a batch: NDJSON, a table, JUnit or TAP on stdout; a bar and the tally on stderr.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::Value;

use super::Printer;
use super::output::stdout_is_midline;
use super::writer::Writer;
use crate::batch::manifest::Manifest;
use crate::batch::{Done, Tally};
use crate::cli::{BatchArgs, Format};
use crate::error::{Error, Kind, Result};
use crate::escape::{ascii, escape};
use crate::interrupt::wait_for_signal;

/// Writes results as they come.
pub struct Results<'a> {
    printer: &'a Printer,
    format: Format,
    out: Writer,
    suite: TestSuite,
    bar: ProgressBar,
    began: Instant,
}

/// For what is on its way to a reader, when nothing else is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

const BAR: &str = "{wide_bar} {percent}%  {msg}, {eta} left";
const COUNT: &str = "{spinner} {msg}";

impl<'a> Results<'a> {
    /// In the format that was asked for.
    pub async fn new(args: &BatchArgs, printer: &'a Printer) -> Result<Self> {
        let bar = bar(Manifest::new(args.manifest.as_deref()).size(), printer.quiet);
        let mut results = Self {
            printer,
            format: args.format,
            out: Writer::start(&bar)?,
            suite: TestSuite::new("p12-test"),
            bar,
            began: Instant::now(),
        };
        match args.format {
            Format::Tap => results.out.write("TAP version 13\n".into()).await?,
            Format::Table => results.out.write(row("exit", "kind", "time", "id", "what happened")).await?,
            // Whoever wrote there before was ended in the middle of a line.
            Format::Ndjson if stdout_is_midline() => results.out.write("\n".into()).await?,
            Format::Ndjson | Format::Junit => {}
        }
        Ok(results)
    }

    /// Writes a result, or keeps it where the format can only be written whole.
    pub async fn add(&mut self, done: Done, tally: &Tally) -> Result<()> {
        let (failing, total) = (tally.total() - tally.passed(), tally.total());
        let rate = total as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!("{total} done, {failing} failing, {rate:.0}/s"));
        self.bar.set_position(self.bar.position().max(done.read));
        match self.format {
            Format::Ndjson => self.out.write(line(done)).await,
            Format::Table => self.out.write(table(&done)).await,
            Format::Tap => self.out.write(tap(&done, total)).await,
            Format::Junit => {
                self.suite.add_test_case(case(&done));
                Ok(())
            }
        }
    }

    /// Ends what is written, and says what it came to. A reader that has stopped is waited for until somebody wants an
    /// end, and hardly at all when that has been said twice.
    pub async fn finish(mut self, tally: &Tally) -> Result<()> {
        self.bar.finish_and_clear();
        let unheard = async {
            match tally.abandoned {
                true => tokio::time::sleep(PATIENCE).await,
                false => wait_for_signal().await,
            }
        };
        tokio::select! {
            written = self.end(tally) => written?,
            () = unheard => return Err(Error::new(Kind::Interrupted, "interrupted before all results were written")),
        }
        if !self.printer.quiet {
            self.printer.say(&self.told(tally));
        }
        Ok(())
    }

    async fn end(&mut self, tally: &Tally) -> Result<()> {
        match self.format {
            Format::Tap => self.out.write(format!("1..{}\n", tally.total())).await?,
            Format::Junit => {
                let mut report = Report::new("p12-test");
                report.set_time(self.began.elapsed());
                report.add_test_suite(std::mem::replace(&mut self.suite, TestSuite::new("")));
                let xml = report.to_string().map_err(|error| {
                    Error::new(Kind::Internal, format!("the results cannot be written as JUnit: {error}"))
                })?;
                // Jenkins' schema does not know this attribute there, and nothing is ever skipped.
                self.out.write(xml.replacen(" skipped=\"0\"", "", 1) + "\n").await?;
            }
            Format::Ndjson | Format::Table => {}
        }
        self.out.finish().await
    }

    fn told(&self, tally: &Tally) -> String {
        let mut parts: Vec<_> = tally.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let aside = [
            (tally.resumed, "had a result"),
            (tally.failed_before, "of those did not pass"),
            (tally.elsewhere, "belong to other shares"),
            (tally.garbled, "lines of results could not be read"),
        ];
        parts.extend(
            aside.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")),
        );
        let colon = if parts.is_empty() { "" } else { ": " };
        let seconds = self.began.elapsed().as_secs_f64();
        format!("{} tests in {seconds:.1} s{colon}{}", tally.total(), parts.join(", "))
    }
}

fn bar(size: Option<u64>, quiet: bool) -> ProgressBar {
    if quiet || !io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(size, ProgressDrawTarget::hidden());
    }
    let template = if size.is_some() { BAR } else { COUNT };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    size.map_or_else(ProgressBar::new_spinner, ProgressBar::new).with_style(style)
}

fn line(done: Done) -> String {
    let Done { id, line, mut document, .. } = done;
    if let Value::Object(fields) = &mut document {
        fields.insert("id".into(), id.into());
        fields.insert("line".into(), line.into());
    }
    ascii(&format!("{document}\n"))
}

/// What a result says in short.
struct Short<'a> {
    passed: bool,
    exit: u64,
    kind: &'a str,
    what: String,
    hint: &'a str,
    time: Duration,
    target: &'a str,
}

fn short(document: &Value) -> Short<'_> {
    let text = |at: &str| document.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let status = document.pointer("/answer/status").and_then(Value::as_u64);
    let answered = || status.map_or(String::new(), |status| format!("answered {status}"));
    let message = document.get("message").and_then(Value::as_str);
    let milliseconds = document.pointer("/timings/total").and_then(Value::as_f64).unwrap_or_default();
    Short {
        passed: text("/verdict") == "passed",
        exit: document.get("exit").and_then(Value::as_u64).unwrap_or_default(),
        kind: text("/kind"),
        what: message.map_or_else(answered, str::to_owned),
        hint: text("/hint"),
        time: Duration::from_secs_f64(milliseconds / 1000.0),
        target: document.pointer("/evidence/target").and_then(Value::as_str).unwrap_or("p12-test"),
    }
}

fn row(exit: &str, kind: &str, time: &str, id: &str, what: &str) -> String {
    format!("{exit:>4}  {kind:<34}  {time:>10}  {id:<24}  {what}\n")
}

fn table(done: &Done) -> String {
    let Short { exit, kind, what, time, .. } = short(&done.document);
    let time = format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    row(&exit.to_string(), kind, &time, &escape(&done.id), &escape(&what))
}

/// A test point, with what went wrong as YAML: JSON strings are YAML strings.
fn tap(done: &Done, number: u64) -> String {
    let Short { passed, exit, kind, what, hint, .. } = short(&done.document);
    let id = escape(&done.id).replace('\\', "\\\\").replace('#', "\\#");
    if passed {
        return format!("ok {number} - {id}\n");
    }
    let quoted = |text: &str| ascii(&Value::from(text).to_string());
    format!(
        "not ok {number} - {id}\n  ---\n  kind: {kind}\n  exit: {exit}\n  message: {}\n  hint: {}\n  ...\n",
        quoted(&what),
        quoted(hint)
    )
}

/// A failure is a verdict on a certificate or an endpoint; an error is a test that could not be made.
fn case(done: &Done) -> TestCase {
    let Short { passed, exit, kind, what, hint, time, target } = short(&done.document);
    let status = match (passed, exit) {
        (true, _) => TestCaseStatus::success(),
        (false, exit) => {
            let could_not = [2, 3, 4, 10].contains(&exit);
            let mut status = TestCaseStatus::non_success(match could_not {
                true => NonSuccessKind::Error,
                false => NonSuccessKind::Failure,
            });
            status.set_type(kind).set_message(escape(&what)).set_description(escape(hint));
            status
        }
    };
    let mut case = TestCase::new(escape(&done.id), status);
    case.set_classname(escape(target)).set_time(time);
    case
}
