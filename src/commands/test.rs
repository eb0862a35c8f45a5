//! A test: a request, a route, a P12, one call. Every other command that calls an endpoint uses [`call`].

use std::path::Path;

use super::{compare, series};
use crate::cli::{OutputArgs, ReportFormat, TestArgs};
use crate::console::Console;
use crate::curl::Curl;
use crate::error::{Error, Exit, Kind, Result};
use crate::inputs::{Inputs, TestInputs, conflicts};
use crate::interrupt::run_until_signal;
use crate::outcome::Outcome;
use crate::prompt::Prompt;
use crate::sink::output::{self, Output};
use crate::view::{json, page, text};

/// Makes the test that the command line describes.
pub(super) async fn run(args: &TestArgs, console: &Console) -> Result<Exit> {
    if args.output.curl {
        return curl(args, console).await;
    }
    // First of all, as a failed test writes these files too.
    conflicts::check_outputs(args)?;
    check_report(&args.output)?;
    test(args, console).await
}

/// Makes the test and shows its outcome.
pub(super) async fn test(args: &TestArgs, console: &Console) -> Result<Exit> {
    let inputs = TestInputs { args, prompt: Prompt::Terminal };
    let mut outcome = Outcome::default();
    outcome.result = run_until_signal(call(&inputs, args, console, &mut outcome)).await;
    text::show(&outcome, console);
    write_documents(&outcome, &args.output)?;
    Ok(outcome.exit())
}

/// The main path, by one route or by both. It fills in `outcome` step by step, so that an interrupted call
/// leaves what is known.
pub(super) async fn call(
    inputs: &impl Inputs,
    args: &TestArgs,
    console: &Console,
    outcome: &mut Outcome,
) -> Result<()> {
    if args.platform.compare {
        return compare::call(inputs, args, console, outcome).await;
    }
    let (mut request, route) = (inputs.request()?, inputs.route().await?);
    outcome.add_request(&request, &route);
    console.warn(&route.warnings());
    let p12 = inputs.p12().await?;
    outcome.add_p12(&p12);
    console.warn(p12.warnings());
    if args.verdict.is_series() {
        return series::call(&mut request, &route, &p12, args, console, outcome).await;
    }
    let started = console.waiting(&request, route.start(&request, &p12, &outcome.known)).await;
    let mut sink = console.sink(&args.output);
    let result = outcome.receive(started, &args.terms(), &mut sink).await;
    console.note_midline(sink.is_midline());
    result
}

/// Prints the curl command for the same request, and what its variables are.
async fn curl(args: &TestArgs, console: &Console) -> Result<Exit> {
    let curl = run_until_signal(Curl::new(args)).await?;
    Output::open(None)?.write(&curl.line())?;
    curl.notes.iter().for_each(|note| console.say(format!("# {note}")));
    Ok(Exit::Success)
}

/// Fails if the report cannot be written, before anything is sent.
fn check_report(args: &OutputArgs) -> Result<()> {
    let Some(path) = &args.report else { return Ok(()) };
    if path == Path::new("-") {
        let message = "--report takes a file; --json prints the document on standard output";
        return Err(Error::new(Kind::Usage, message));
    }
    output::check(path)
}

fn write_documents(outcome: &Outcome, args: &OutputArgs) -> Result<()> {
    if !args.json && args.report.is_none() {
        return Ok(());
    }
    let document = json::pretty(outcome);
    if args.json {
        Output::open(None)?.write(document.as_bytes())?;
    }
    let Some(path) = &args.report else { return Ok(()) };
    let report = match args.report_format() {
        ReportFormat::Json => document,
        ReportFormat::Html => page::of_test(outcome),
    };
    let mut file = Output::open(Some(path))?;
    file.write(report.as_bytes())?;
    file.complete()
}
