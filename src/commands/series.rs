//! `--each-address` and `--repeat`: several calls with the same request, each on a new connection.

use std::net::IpAddr;
use std::sync::Arc;

use crate::cli::TestArgs;
use crate::console::Console;
use crate::error::{Exit, Result};
use crate::outcome::Outcome;
use crate::p12::P12;
use crate::request::Request;
use crate::route::Route;
use crate::sink::Sink;

/// Makes the calls. The first answer is printed; the worst call becomes the outcome, with all others as its series.
pub(super) async fn call(
    request: &mut Request,
    route: &Route,
    p12: &P12,
    args: &TestArgs,
    console: &Console,
    outcome: &mut Outcome,
) -> Result<()> {
    let mut sink = console.sink(&args.output).with_digest();
    for address in addresses(request, route, args).await? {
        request.address = address;
        for _ in 0..args.verdict.repeat.unwrap_or(1) {
            let mut call = Outcome { known: Arc::clone(&outcome.known), ..Outcome::default() };
            let started = console.waiting_again(request, route.start(request, p12, &outcome.known)).await;
            call.result = call.receive(started, &args.terms(), &mut sink).await;
            console.note_midline(sink.is_midline());
            if matches!(call.exit(), Exit::Machine | Exit::Usage | Exit::P12) {
                return call.result;
            }
            outcome.add_call(call, address);
            sink = Sink::default().with_digest();
        }
    }
    outcome.judge_series()
}

async fn addresses(request: &Request, route: &Route, args: &TestArgs) -> Result<Vec<Option<IpAddr>>> {
    match route {
        Route::Local(local) if args.verdict.each_address => {
            let addresses = local.connect.addresses(&request.url).await?;
            Ok(addresses.into_iter().map(|address| Some(address.ip())).collect())
        }
        _ => Ok(vec![None]),
    }
}
