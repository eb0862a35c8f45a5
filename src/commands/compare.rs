//! `--compare`: the same request by both routes. The answer to the call from this machine is printed.

use crate::cli::TestArgs;
use crate::compare::BothRoutes;
use crate::console::Console;
use crate::error::{Exit, Result};
use crate::inputs::{self, Inputs};
use crate::outcome::Outcome;
use crate::p12::P12;
use crate::request::Request;
use crate::route::Route;
use crate::sink::Sink;
use crate::view::text;

/// Makes both calls. `here` becomes the outcome of the call from this machine, with the comparison.
pub(super) async fn call(
    inputs: &impl Inputs,
    args: &TestArgs,
    console: &Console,
    here: &mut Outcome,
) -> Result<()> {
    let local = Route::Local(Box::new(inputs::local(args)?));
    let (request, platform) = (inputs.request()?, inputs.route().await?);
    let mut there = Outcome::default();
    for (outcome, route) in [(&mut there, &*platform), (&mut *here, &local)] {
        outcome.add_request(&request, route);
        console.warn(&outcome.warnings);
    }
    // Each side may return secrets that were sent to the other.
    here.learn(platform.secrets());
    let p12 = inputs.p12().await?;
    here.warnings.splice(..0, std::mem::take(&mut there.warnings));
    here.add_p12(&p12);
    there.add_p12(&p12);
    console.warn(p12.warnings());
    let mut sink = console.sink(&args.output).with_digest();
    attempt(&local, &request, &p12, args, (here, &mut sink), console).await?;
    let mut counter = Sink::default().with_digest();
    attempt(&platform, &request, &p12, args, (&mut there, &mut counter), console).await?;
    let both = BothRoutes { here: here.route_result(), there: there.route_result() };
    let (comparison, verdict) = (both.compare(), both.verdict());
    here.comparison = Some(comparison);
    verdict
}

/// Makes one of the calls and reports it. Fails if there is nothing to compare.
async fn attempt(
    route: &Route,
    request: &Request,
    p12: &P12,
    args: &TestArgs,
    (outcome, sink): (&mut Outcome, &mut Sink),
    console: &Console,
) -> Result<()> {
    let started = console.waiting(request, route.start(request, p12, &outcome.known)).await;
    outcome.result = outcome.receive(started, &args.terms(), sink).await;
    console.note_midline(sink.is_midline());
    text::report(outcome, console);
    match &outcome.result {
        Err(error) if matches!(error.kind.exit(), Exit::Machine | Exit::Usage | Exit::P12) => {
            Err(error.clone())
        }
        Err(error) if outcome.answer.is_none() => {
            text::failure(error, console);
            Ok(())
        }
        _ => Ok(()),
    }
}
