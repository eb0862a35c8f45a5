//! Shows a wrong command line, and the help.

use std::io::{self, Write as _};

use clap::error::{ContextKind, ErrorKind};

use crate::cli::{hide_secrets, summarize, wants_report};
use crate::console::report_early;
use crate::error::{Error, Exit, Kind, Result};
use crate::escape::escape;
use crate::sink::output::Output;
use crate::view::json;

/// Prints the help, or what is wrong with the command line. Errors go to stderr in clap's words, which quote
/// the command line; with `--json`, there is a report too.
pub fn refuse(error: clap::Error) -> Exit {
    let error = hide_secrets(error);
    if !error.use_stderr() {
        let _ = error.print();
        return Exit::Success;
    }
    let is_conflict = error.kind() == ErrorKind::ArgumentConflict;
    let usage = if is_conflict && error.get(ContextKind::InvalidSubcommand).is_some() {
        let message = "there is one word too many: a test takes one P12 and one URL";
        let usage = Error::new(Kind::Usage, message).with_hint("put a word with spaces or stars in quotes");
        report_early(&usage);
        usage
    } else {
        let lines: String = error.render().to_string().lines().map(|line| escape(line) + "\n").collect();
        let _ = io::stderr().lock().write_all(lines.as_bytes());
        Error::new(Kind::Usage, summarize(error))
    };
    write_report(usage).map_or_else(|error| report_early(&error), |()| Exit::Usage)
}

fn write_report(usage: Error) -> Result<()> {
    if !wants_report(std::env::args_os().skip(1)) {
        return Ok(());
    }
    Output::open(None)?.write(json::pretty(&usage.into()).as_bytes())
}
