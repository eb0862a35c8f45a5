//! Makes completions and manual pages from `cli`, and pages from the tables of readers and of causes. The tests compare the committed files with them.

use std::path::PathBuf;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};
use p12_test::cli::Args;
use p12_test::error::{Exit, Kind, Retry};

pub(crate) use sections::ENVIRONMENT;
use sections::see_also;

mod causes;
mod completions;
mod readers;
mod sections;

const NAME: &str = "p12-test";
const VERSION: &str = concat!("p12-test ", env!("CARGO_PKG_VERSION"));

/// The date of this version, for the manual pages.
const RELEASED: &str = "2026-11-24";

/// Every file by its path in the repository.
pub(crate) fn all() -> Vec<(PathBuf, Vec<u8>)> {
    let readers = (PathBuf::from("docs/readers.md"), readers::page());
    let causes = (PathBuf::from("docs/causes.md"), causes::page());
    completions::completions().chain(manual()).chain([readers, causes]).collect()
}

fn manual() -> impl Iterator<Item = (PathBuf, Vec<u8>)> {
    let mut command = Args::command();
    command.build();
    let mut pages =
        vec![("p12-test.1".to_owned(), page(&command, NAME)), ("p12-test-kinds.7".to_owned(), kinds())];
    for sub in command.get_subcommands() {
        let name = format!("{NAME}-{}", sub.get_name());
        pages.push((format!("{name}.1"), page(sub, &name)));
    }
    pages.into_iter().map(|(file, page)| (PathBuf::from("man").join(file), page))
}

/// A page as clap_mangen makes it, with further sections.
fn page(command: &Command, name: &str) -> Vec<u8> {
    let name: &'static str = name.to_owned().leak();
    let command = command.clone().name(name).display_name(name).after_help("");
    let man = Man::new(command.disable_help_flag(true).disable_version_flag(true))
        .title(name.to_uppercase())
        .manual("User Commands")
        .date(RELEASED)
        .source(VERSION);
    let mut out = Vec::new();
    let written = man
        .render_title(&mut out)
        .and_then(|()| man.render_name_section(&mut out))
        .and_then(|()| man.render_synopsis_section(&mut out))
        .and_then(|()| man.render_description_section(&mut out))
        .and_then(|()| man.render_options_section(&mut out))
        .and_then(|()| if name == NAME { man.render_subcommands_section(&mut out) } else { Ok(()) });
    written.expect("a vector takes everything");
    let mut more = Roff::default();
    sections::exit_statuses(&mut more, name);
    sections::examples(&mut more, name);
    sections::environment(&mut more);
    sections::files(&mut more, name);
    see_also(&mut more, name);
    out.extend(more.render().into_bytes());
    tidy(&out)
}

/// Removes what `mandoc -T lint` finds in clap_mangen's output: blank lines, repeated breaks and paragraphs.
fn tidy(page: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(page).replace("\\*(Aq", "\\(aq");
    let preamble = |line: &&str| line.starts_with(".ie \\n(.g") || line.starts_with(".el .ds Aq");
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !preamble(line)) {
        let last = lines.last().copied().unwrap_or_default();
        let repeated = line == ".br" && last == ".br" || line == ".PP" && last.starts_with(".SH");
        if !repeated {
            lines.push(line);
        }
    }
    (lines.join("\n") + "\n").into_bytes()
}

/// The page of all kinds of faults: scripts rely on their names.
fn kinds() -> Vec<u8> {
    let mut roff = Roff::default();
    roff.control("TH", ["P12-TEST-KINDS", "7", RELEASED, VERSION, "Miscellaneous"]);
    roff.control("SH", ["NAME"]);
    roff.text([roman("p12-test-kinds - the kinds of faults that p12-test distinguishes")]);
    roff.control("SH", ["DESCRIPTION"]);
    roff.text([roman(
        "Each fault has a kind. Its name is stable and has one exit status. JSON reports and the results of a \
         batch hold it as kind; after a success, kind is passed there. Below, each kind is followed by what it \
         means, by the usual hint, and by whether trying again can help. The hint on standard error may be more \
         precise than the one here, as it knows the case.",
    )]);
    roff.control("SH", ["KINDS"]);
    for kind in Kind::ALL {
        let exit = kind.exit() as u8;
        let again = match kind.retry() {
            Retry::Never => "",
            Retry::IfIdempotent => " Trying again may help, but only if the request may be repeated.",
            Retry::Yes => " Trying again may help.",
        };
        roff.control("TP", []);
        roff.text([bold(kind.name()), roman(format!(" (exit {exit})"))]);
        roff.text([roman(kind.meaning())]);
        roff.control("br", []);
        roff.text([italic("Hint: "), roman(format!("{}.{again}", kind.hint()))]);
    }
    see_also(&mut roff, "p12-test-kinds");
    tidy(roff.render().as_bytes())
}

/// The exit statuses that are documented.
pub(crate) fn exits() -> Vec<u8> {
    let mut exits: Vec<_> =
        Kind::ALL.iter().map(|kind| kind.exit() as u8).chain([Exit::Success as u8]).collect();
    exits.sort_unstable();
    exits.dedup();
    exits
}
