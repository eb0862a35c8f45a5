//! The terminal: report, warnings and progress on stderr, with or without colour.

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use colored::{ColoredString, Colorize as _};
use serde_json::Value;
use terminal_size::{Width, terminal_size_of};

use crate::cli::{Color, ConsoleArgs, OutputArgs};
use crate::error::{Error, Exit, Result};
use crate::escape::{ascii, escape};
use crate::exchange::Started;
use crate::progress::{self, PhaseEnd};
use crate::request::Request;
use crate::sink::Sink;

/// How much is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Nothing at all.
    Silent,
    /// Only what failed.
    Quiet,
    /// The verdict in one line, and no answer.
    Verdict,
    /// The report.
    Usual,
    /// The report with each step of the handshake.
    Verbose,
}

/// The purpose of a text, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    Error,
    Warning,
    Hint,
    /// A label.
    Dim,
    Heading,
    Prompt,
    /// What went well.
    Good,
}

/// Terminals with fewer columns than this get lines as they are.
const MIN_WRAPPED: usize = 30;

/// Writes to stderr for one command.
#[derive(Debug)]
pub struct Console {
    pub detail: Detail,
    color: bool,
    /// Whether stdout is a terminal too, and the last line there has no end yet.
    midline: AtomicBool,
}

impl Console {
    /// A console with these options. Only stderr has colour: stdout is for the endpoint's bytes.
    pub fn new(args: &ConsoleArgs, verbose: bool) -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let color = match args.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if variable("NO_COLOR").is_some() => false,
            Color::Auto => match variable("CLICOLOR_FORCE") {
                Some(force) => force != "0",
                None => io::stderr().is_terminal() && variable("TERM").is_none_or(|term| term != "dumb"),
            },
        };
        // Without it, old consoles show the codes as text.
        #[cfg(windows)]
        let _ = colored::control::set_virtual_terminal(true);
        let detail = match (verbose, args.quiet) {
            (true, _) => Detail::Verbose,
            (false, true) => Detail::Quiet,
            (false, false) => Detail::Usual,
        };
        Self { detail, color, midline: AtomicBool::new(false) }
    }

    /// The same, for verdicts alone.
    #[must_use]
    pub fn brief(&self) -> Self {
        Self { detail: self.detail.min(Detail::Verdict), color: self.color, midline: AtomicBool::new(false) }
    }

    /// A console that writes nothing.
    pub fn silent() -> Self {
        Self { detail: Detail::Silent, color: false, midline: AtomicBool::new(false) }
    }

    /// The text in its colour, if this console has colours.
    pub fn paint(&self, paint: Paint, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        // Overrides the crate's own decision, which looks at stdout.
        colored::control::SHOULD_COLORIZE.set_override(true);
        let painted: ColoredString = match paint {
            Paint::Error => text.red().bold(),
            Paint::Warning => text.yellow().bold(),
            Paint::Hint => text.cyan(),
            Paint::Dim => text.dimmed(),
            Paint::Heading => text.bold(),
            Paint::Prompt => text.green(),
            Paint::Good => text.green().bold(),
        };
        painted.to_string()
    }

    /// Writes whole lines. If stderr is closed, nobody can be told, so a failure is ignored.
    pub fn write(&self, lines: &str) {
        if self.detail == Detail::Silent || lines.is_empty() && !self.midline.load(Ordering::Relaxed) {
            return;
        }
        // What follows would overwrite the last line of the answer.
        let start = if self.midline.swap(false, Ordering::Relaxed) { "\n" } else { "" };
        let _ = io::stderr().lock().write_all(format!("{start}{lines}").as_bytes());
    }

    /// Remembers whether the last line on stdout, a terminal too, has no end yet.
    pub fn note_midline(&self, midline: bool) {
        // The answers of further calls, which go nowhere, do not end that line.
        self.midline.fetch_or(midline, Ordering::Relaxed);
    }

    /// Shows warnings: something is wrong, but the call goes on.
    pub fn warn(&self, warnings: &[String]) {
        if self.detail >= Detail::Usual {
            for warning in warnings {
                self.write_labelled((Paint::Warning, "warning:"), warning);
            }
        }
    }

    /// Shows a text after its label. A terminal gets it in lines that fit, broken at words; those after the
    /// first begin below the text.
    pub fn write_labelled(&self, (paint, label): (Paint, &str), text: &str) {
        let text = escape(text);
        let indent = " ".repeat(label.chars().count() + 1);
        let lines = match terminal_size_of(io::stderr()) {
            Some((Width(width), _)) if usize::from(width) > MIN_WRAPPED => {
                let options = textwrap::Options::new(usize::from(width))
                    .initial_indent(&indent)
                    .subsequent_indent(&indent)
                    .break_words(false)
                    .word_separator(textwrap::WordSeparator::AsciiSpace)
                    .word_splitter(textwrap::WordSplitter::NoHyphenation);
                textwrap::fill(&text, options).trim_start().to_owned()
            }
            _ => text,
        };
        self.write(&format!("{} {lines}\n", self.paint(paint, label)));
    }

    /// Shows a sentence.
    pub fn say(&self, sentence: impl fmt::Display) {
        self.write(&format!("{}\n", escape(&sentence.to_string())));
    }

    /// Writes a line of a log: JSON in ASCII, so that it cannot control a terminal or break a line.
    pub fn log(&self, line: &Value) {
        if self.detail >= Detail::Usual {
            self.write(&format!("{}\n", ascii(&line.to_string())));
        }
    }

    /// Whether progress is shown.
    pub fn is_animated(&self) -> bool {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        self.detail >= Detail::Usual && io::stderr().is_terminal() && !dumb
    }

    /// A sink for the answer of a call with these options.
    pub fn sink(&self, args: &OutputArgs) -> Sink {
        Sink::new(args, matches!(self.detail, Detail::Silent | Detail::Verdict), self.is_animated())
    }

    /// Makes one of many calls: on a terminal, without its phases.
    ///
    /// # Errors
    /// Those of the call.
    pub async fn waiting_again(
        &self,
        request: &Request,
        call: impl Future<Output = Result<Started>>,
    ) -> Result<Started> {
        if !self.is_animated() {
            return call.await;
        }
        self.write("");
        progress::waiting(request, call, |_, _| ()).await
    }

    /// Makes a call. On a terminal, shows how far it has come.
    ///
    /// # Errors
    /// Those of the call.
    pub async fn waiting(
        &self,
        request: &Request,
        call: impl Future<Output = Result<Started>>,
    ) -> Result<Started> {
        if !self.is_animated() {
            return call.await;
        }
        progress::waiting(request, call, |mark, phase| self.write_phase(mark, phase)).await
    }

    fn write_phase(&self, mark: PhaseEnd, phase: &str) {
        let sign = match mark {
            PhaseEnd::Passed => self.paint(Paint::Good, "✓"),
            PhaseEnd::Failed => self.paint(Paint::Error, "✗"),
        };
        self.write(&format!("{sign} {}\n", self.paint(Paint::Dim, &escape(phase))));
    }
}

/// Shows an error that comes before there is a console.
pub fn report_early(error: &Error) -> Exit {
    let (message, hint) = (escape(&error.message), escape(error.hint()));
    let _ = writeln!(io::stderr().lock(), "error: {message}\nhint:  {hint}");
    error.kind.exit()
}
