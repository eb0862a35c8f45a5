//! The one place that writes to a terminal: the answer on stdout; report, progress and faults on stderr.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use clap::error::{ContextKind, ErrorKind};
use colored::{Color as Paint, Colorize as _};
use serde_json::Value;

use crate::cli::{
    Color, ConsoleArgs, OutputArgs, TestArgs, VerboseArgs, hide_secrets, summarize, wants_report,
};
use crate::compare::Comparison;
use crate::curl::Curl;
use crate::demo::Step;
use crate::diagnosis;
use crate::error::{Error, Exit, Kind, Result, Retry};
use crate::escape::{ascii, escape};
use crate::p12::P12;
use crate::report::Report;
use crate::request::Request;
use crate::response::Response;
use crate::route::Route;
use crate::scrub::Scrubber;
use crate::secret::Secret;
use documents::Documents;
use output::Output;
pub use results::Results;

mod documents;
mod inspections;
mod results;
mod output;
mod progress;
mod report;
mod writer;

/// Prints for one command.
#[derive(Debug)]
pub struct Printer {
    quiet: bool,
    verbose: bool,
    /// Whether stdout, a terminal too, stands in the middle of a line.
    midline: AtomicBool,
    documents: Option<Documents>,
    /// Whether nothing is printed at all, the answer included.
    mute: bool,
    /// What no line and no document may show.
    known: Mutex<Scrubber>,
}

impl Printer {
    /// A printer that looks as was asked for. Colour is for stderr alone: stdout is the endpoint's.
    pub fn new(look: &ConsoleArgs) -> Self {
        let variable = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let color = match look.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if variable("NO_COLOR") => false,
            Color::Auto if variable("CLICOLOR_FORCE") => {
                std::env::var_os("CLICOLOR_FORCE").is_some_and(|v| v != "0")
            }
            Color::Auto => {
                io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        };
        colored::control::set_override(color);
        Self {
            quiet: look.quiet,
            verbose: false,
            midline: AtomicBool::new(false),
            documents: None,
            mute: false,
            known: Mutex::default(),
        }
    }

    /// The same for one test, with the documents that it asks for.
    pub fn for_test(args: &TestArgs) -> Self {
        let documents = Documents::wanted(&args.output);
        Self { documents, ..Self::new(&args.console).in_detail(&args.verbose) }
    }

    /// The same for calls, with as much of them as was asked for.
    #[must_use]
    pub fn in_detail(self, detail: &VerboseArgs) -> Self {
        Self { verbose: detail.verbose, ..self }
    }

    /// One that prints nothing and makes the document of one test.
    pub fn recording() -> Self {
        let documents = Some(Documents::taken());
        Self {
            quiet: true,
            verbose: false,
            midline: AtomicBool::new(false),
            documents,
            mute: true,
            known: Mutex::default(),
        }
    }

    /// The document of the test, with what it came to.
    pub fn document(&self, outcome: &Result<()>) -> Value {
        let documents = self.documents.as_ref();
        let mut document = documents.map_or(Value::Null, |documents| documents.report().document(outcome));
        self.known().clean_report(&mut document);
        document
    }

    /// Fails when the documents could not be written, before anything is sent.
    pub fn ready(&self) -> Result<()> {
        self.documents.as_ref().map_or(Ok(()), Documents::ready)
    }

    /// Takes note of what is asked, and says what is odd about the route.
    pub fn asked(&self, request: &Request, route: &Route) {
        self.learn(request.secrets().into_iter().chain(route.secrets()));
        self.note(|report| report.asked(request, route));
        self.warnings(&route.warnings());
    }

    /// Takes note of the P12, and says what is odd about it.
    pub fn opened(&self, p12: &P12) {
        self.learn([p12.password()]);
        self.note(|report| report.opened(p12));
        self.warnings(p12.warnings());
    }

    /// Says what it all came to, and writes the documents. The exit status is that of the outcome, unless they
    /// cannot be written.
    pub fn concluded(&self, outcome: Result<()>) -> Exit {
        if let Err(error) = &outcome {
            self.failure(error);
        }
        let exit = |outcome: &Result<()>| {
            outcome.as_ref().map_or_else(|error| error.kind.exit(), |()| Exit::Success)
        };
        let written =
            self.documents.as_ref().map_or(Ok(()), |documents| documents.write(&self.document(&outcome)));
        if let Err(error) = &written {
            self.failure(error);
            return exit(&written);
        }
        exit(&outcome)
    }

    fn learn(&self, secrets: impl IntoIterator<Item = Secret>) {
        let mut known = self.known();
        secrets.into_iter().for_each(|secret| known.learn(&secret));
    }

    fn known(&self) -> MutexGuard<'_, Scrubber> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, note: impl FnOnce(&mut Report)) {
        if let Some(documents) = &self.documents {
            note(&mut documents.report());
        }
    }

    /// Prints the answer as it comes, then the report. Fails with the verdict of the whole call.
    pub async fn response(&self, response: &mut Response, to: &OutputArgs) -> Result<()> {
        let output = match (to.json || self.mute, &to.output) {
            (true, None) => Output::Nowhere,
            (_, path) => Output::open(path.as_deref())?,
        };
        if self.documents.is_some() {
            response.compute_digest();
        }
        let mut kept = to.include_body.then(Vec::new);
        let verdict = self.pass_on(response, output, to, &mut kept).await;
        self.note(|report| {
            report.answered(response, kept.as_deref());
            report.warned(report::warnings(&response.evidence()));
        });
        verdict
    }

    /// Reads the answer to its end without printing it, then prints the report.
    pub async fn unprinted(&self, response: &mut Response) -> Result<()> {
        self.pass_on(response, Output::Nowhere, &OutputArgs::default(), &mut None).await
    }

    async fn pass_on(
        &self,
        response: &mut Response,
        mut output: Output,
        to: &OutputArgs,
        kept: &mut Option<Vec<u8>>,
    ) -> Result<()> {
        if to.include {
            output.write(&response.head)?;
        }
        let bar = self.download(to.output.is_some(), response.length);
        let mut last = None;
        while let Some(piece) = response.piece().await {
            match piece {
                Ok(bytes) => {
                    documents::keep(kept, &bytes);
                    bar.inc(bytes.len() as u64);
                    last = bytes.last().copied().or(last);
                    output.pass(bytes).await?;
                }
                Err(error) => return Err(output.keep_part(error)),
            }
        }
        bar.finish_and_clear();
        let output_is_stdout = to.output.is_none() && !matches!(output, Output::Nowhere);
        output.complete()?;
        let midline = output_is_stdout && last.is_some_and(|byte| byte != b'\n');
        self.midline.store(midline && io::stdout().is_terminal(), Ordering::Relaxed);
        self.report(response);
        response.verdict()
    }

    fn report(&self, response: &Response) {
        if self.quiet {
            return;
        }
        let evidence = response.evidence();
        if self.verbose {
            self.lines(&report::steps(&evidence));
        }
        self.lines(&report::observed(&evidence, self.verbose));
        self.lines(&[report::answer(response, &evidence)]);
        self.warnings(&report::warnings(&evidence));
    }

    /// Says that something is not as it should be, though the call goes on.
    pub fn warnings(&self, warnings: &[String]) {
        if !self.quiet {
            for warning in warnings {
                self.line(&format!("{} {}", "warning:".color(Paint::Yellow).bold(), escape(warning)));
            }
        }
    }

    /// Says what went wrong and what to do next. This is printed even when quiet.
    pub fn failure(&self, error: &Error) {
        if let Some(evidence) = error.evidence.as_ref().filter(|_| !self.quiet) {
            if self.verbose {
                self.lines(&report::steps(evidence));
            }
            self.lines(&report::observed(evidence, self.verbose));
        }
        self.line(&format!("{} {}", "error:".color(Paint::Red).bold(), escape(&error.message)));
        self.line(&format!("{}  {}", "hint:".color(Paint::Cyan), escape(error.hint())));
        if let Some(advice) = retry_advice(error) {
            self.line(&format!("{} {}", "retry:".color(Paint::Cyan), escape(&advice)));
        }
    }

    /// Both routes side by side, and whether they are alike.
    pub fn comparison(&self, comparison: &Comparison) {
        self.note(|report| report.compared(comparison));
        if self.quiet {
            return;
        }
        let clean = |cell: String| self.known().clean_quoted(&escape(&cell));
        let rows: Vec<_> = comparison.rows().into_iter().map(|row| row.map(clean)).collect();
        let width = rows.iter().map(|[_, here, _]| here.chars().count()).max().unwrap_or_default();
        for [label, here, there] in rows {
            self.line(format!("{} {here:<width$}  {there}", format!("{label:<10}").dimmed()).trim_end());
        }
        if let Some(sentence) = comparison.alike() {
            self.line(sentence);
        }
    }

    /// A curl command, and what stands in its variables.
    pub fn curl(&self, curl: &Curl) -> Result<()> {
        Output::open(None)?.write(&curl.line())?;
        curl.notes.iter().for_each(|note| self.say(&format!("# {note}")));
        Ok(())
    }

    /// Introduces a step of the demo by the command that a user would type.
    pub fn step(&self, step: &Step) {
        self.line("");
        self.line(&escape(step.title).bold().to_string());
        self.line(&format!("{} {}", "$".color(Paint::Green), escape(&step.command())));
    }

    /// Says how a step of the demo ended.
    pub fn stepped(&self, exit: Exit) {
        self.line(&format!("{}  {}", "exit".dimmed(), exit as u8));
    }

    /// Says something in a sentence of our own.
    pub fn say(&self, sentence: &str) {
        self.line(&escape(sentence));
    }

    /// A line of a log: JSON in ASCII, so that no terminal and no reader of lines is led astray.
    pub fn log(&self, line: &Value) {
        if self.quiet {
            return;
        }
        self.line(&ascii(&line.to_string()));
    }

    fn lines(&self, lines: &[(String, String)]) {
        for (label, text) in lines {
            self.line(&format!("{} {}", format!("{label:<9}").dimmed(), escape(text)));
        }
    }

    /// A line on stderr. When stderr is closed there is nobody left to tell.
    fn line(&self, line: &str) {
        if self.mute {
            return;
        }
        let start = if self.midline.swap(false, Ordering::Relaxed) { "\n" } else { "" };
        let _ = writeln!(io::stderr().lock(), "{start}{}", self.known().clean_quoted(line));
    }
}

/// Whether to try again, where that makes sense at all.
fn retry_advice(error: &Error) -> Option<String> {
    let when = error.retry_after.as_ref().map_or(String::new(), |after| match after.parse::<u64>() {
        Ok(seconds) => format!(", after {seconds} s (Retry-After)"),
        Err(_) => format!(", after {after:?} (Retry-After)"),
    });
    match error.retry() {
        Retry::Never => None,
        Retry::IfIdempotent => Some(format!(
            "it may help{when}; the request may have been acted on, so only if it may be repeated"
        )),
        Retry::Yes => Some(format!("it may help{when}; nothing was acted on")),
    }
}

/// Help, version and usage errors in clap's words. Errors quote what was typed, or what a shell found as file names.
pub fn usage(error: clap::Error) -> Exit {
    let error = hide_secrets(error);
    if !error.use_stderr() {
        let _ = error.print();
        return Exit::Success;
    }
    let (kind, lines) = (error.kind(), error.render().to_string());
    let surplus = kind == ErrorKind::ArgumentConflict && error.get(ContextKind::InvalidSubcommand).is_some();
    let error = match surplus {
        true => Error::new(Kind::Usage, "there is a word too many: a test takes one P12 and one URL")
            .with_hint("a word with blanks or stars in it has to stand in quotes"),
        false => Error::new(Kind::Usage, summarize(error)),
    };
    match surplus {
        true => _ = told(&error),
        false => {
            let lines: String = lines.lines().map(|line| escape(line) + "\n").collect();
            let _ = io::stderr().lock().write_all(lines.as_bytes());
        }
    }
    if !wants_report(std::env::args_os().skip(1)) {
        return Exit::Usage;
    }
    let documents = Documents::wanted(&OutputArgs { json: true, ..OutputArgs::default() });
    Printer { documents, ..Printer::recording() }.concluded(Err(error))
}

/// Says why nothing could begin.
pub fn not_begun(error: &io::Error) -> Exit {
    told(&diagnosis::not_begun(error))
}

/// Tells a fault that came before any printer was made.
fn told(error: &Error) -> Exit {
    let (message, hint) = (escape(&error.message), escape(error.hint()));
    let _ = writeln!(io::stderr().lock(), "error: {message}\nhint:  {hint}");
    error.kind.exit()
}

/// An output that failed.
fn unwritable(what: impl std::fmt::Display) -> impl Fn(io::Error) -> Error {
    move |error| diagnosis::unwritable(&what, &error)
}
