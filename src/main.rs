//! `p12-test`: does this P12, with this password, get through to this endpoint?

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser as _;
use p12_test::batch::{self, cache::CachedInputs};
use p12_test::cli::{Args, BatchArgs, Command, DemoArgs, InspectArgs, OutputArgs, ServeArgs, TestArgs};
use p12_test::compare::{Comparison, Outcome};
use p12_test::curl::Curl;
use p12_test::demo::Demo;
use p12_test::error::{Error, Exit, Result};
use p12_test::inputs::{Inputs, TestInputs, conflicts};
use p12_test::inspect::Inspection;
use p12_test::interrupt::{run_until, run_until_signal, wait_for_signal};
use p12_test::p12::P12;
use p12_test::printer::{self, Printer, Results};
use p12_test::process;
use p12_test::prompt::Prompt;
use p12_test::request::Request;
use p12_test::route::Route;
use p12_test::serve::Server;
use serde_json::Value;

fn main() -> ExitCode {
    process::forbid_core_dumps();
    // First of all calls of OpenSSL: it decides that nothing is torn down at exit, while other threads still run.
    openssl::init();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return printer::usage(error).into(),
    };
    let mut runtime = match args.command {
        Some(Command::Serve(_) | Command::Batch(_)) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return printer::not_begun(&error).into(),
    };
    let exit = runtime.block_on(run(&args));
    // A prompt or a file that still waits in another thread must not hold up the end.
    runtime.shutdown_background();
    exit.into()
}

async fn run(args: &Args) -> Exit {
    match &args.command {
        Some(Command::Demo(args)) => demo(args).await,
        Some(Command::Serve(args)) => serve(args).await,
        Some(Command::Batch(args)) => batch(args).await,
        Some(Command::Inspect(args)) => inspect(args).await,
        None => test(&args.test, &Printer::for_test(&args.test)).await,
    }
}

async fn test(args: &TestArgs, printer: &Printer) -> Exit {
    if args.output.curl {
        return printer.concluded(Curl::new(args).and_then(|curl| printer.curl(&curl)));
    }
    // Before any document is written, be it one of a fault.
    if let Err(error) = conflicts::check_outputs(args).and_then(|()| printer.ready()) {
        printer.failure(&error);
        return error.kind.exit();
    }
    let inputs = TestInputs { args, prompt: Prompt::Terminal };
    printer.concluded(run_until_signal(outcome(&inputs, args, printer)).await)
}

async fn outcome(inputs: &impl Inputs, args: &TestArgs, printer: &Printer) -> Result<()> {
    match args.platform.compare {
        true => compare(inputs, args, printer).await,
        false => call(inputs, &args.output, printer).await,
    }
}

/// The main path. Every other command goes through it.
async fn call(inputs: &impl Inputs, output: &OutputArgs, printer: &Printer) -> Result<()> {
    let (request, route) = (inputs.request()?, inputs.route().await?);
    printer.asked(&request, &route);
    let p12 = inputs.p12().await?;
    printer.opened(&p12);
    let mut response = printer.waiting(&request, route.send(&request, &p12)).await?;
    printer.response(&mut response, output).await
}

/// The same request by both routes. What is printed is the answer from here.
async fn compare(inputs: &impl Inputs, args: &TestArgs, printer: &Printer) -> Result<()> {
    let here = Route::Local(Box::new(p12_test::inputs::local(args)?));
    let (request, there) = (inputs.request()?, inputs.route().await?);
    for route in [&*there, &here] {
        printer.asked(&request, route);
    }
    let p12 = inputs.p12().await?;
    printer.opened(&p12);
    let here = attempt(&here, &request, &p12, printer, Some(&args.output)).await?;
    let there = attempt(&there, &request, &p12, printer, None).await?;
    let comparison = Comparison { here, there };
    printer.comparison(&comparison);
    comparison.verdict()
}

async fn attempt(
    route: &Route,
    request: &Request,
    p12: &P12,
    printer: &Printer,
    output: Option<&OutputArgs>,
) -> Result<Outcome> {
    let began = Instant::now();
    let sent = printer.waiting(request, route.send(request, p12)).await;
    let mut response = match sent {
        Ok(response) => response,
        Err(error) if matches!(error.kind.exit(), Exit::Machine | Exit::Usage | Exit::P12) => {
            return Err(error);
        }
        Err(error) => {
            printer.failure(&error);
            return Ok(Outcome::failed(error, began.elapsed()));
        }
    };
    response.compute_digest();
    let verdict = match output {
        Some(output) => printer.response(&mut response, output).await,
        None => printer.unprinted(&mut response).await,
    };
    if let Err(error) = &verdict
        && error.kind.exit() == Exit::Machine
    {
        return verdict.map(|()| Outcome::answered(&response, Ok(())));
    }
    Ok(Outcome::answered(&response, verdict))
}

async fn inspect(args: &InspectArgs) -> Exit {
    let printer = Printer::new(&args.console);
    let outcome = async {
        let mut passwords = args.password.source().read(Prompt::Terminal).await?;
        let mut inspections = Vec::new();
        for path in &args.files {
            inspections.push(Inspection::make(path, &mut passwords, args.within).await?);
            // So that an interruption is seen between files that take no time.
            tokio::task::yield_now().await;
        }
        printer.inspections(&inspections, args.json)
    };
    match run_until_signal(outcome).await {
        Ok(exit) => exit,
        Err(error) => printer.concluded(Err(error)),
    }
}

async fn batch(args: &BatchArgs) -> Exit {
    let printer = Printer::new(&args.console);
    let outcome = async {
        let mut results = Results::new(args, &printer).await?;
        let tally = batch::run(args, Each, async |done, tally| results.add(done, tally).await).await?;
        results.finish(&tally).await?;
        tally.verdict()
    };
    printer.concluded(outcome.await)
}

/// Makes the call of a record as the main path does.
#[derive(Clone)]
struct Each;

impl batch::Each for Each {
    async fn test(&self, inputs: CachedInputs) -> Value {
        let (printer, args) = (Printer::recording(), &inputs.test.args);
        let outcome = outcome(&inputs, args, &printer).await;
        printer.document(&outcome)
    }

    fn refused(&self, error: Error) -> Value {
        Printer::recording().document(&Err(error))
    }
}

async fn serve(args: &ServeArgs) -> Exit {
    let printer = Arc::new(Printer::new(&args.console));
    let log = Arc::clone(&printer);
    let outcome = async {
        // One wait for both, so that no signal falls between them.
        let mut end = std::pin::pin!(wait_for_signal());
        let server = run_until(&mut end, Server::bind(args, Arc::new(move |line| log.log(line)))).await?;
        printer.say(&format!("listening on {}", server.url()?));
        server.run(end).await;
        Ok(())
    };
    printer.concluded(outcome.await)
}

async fn demo(args: &DemoArgs) -> Exit {
    let printer = Printer::new(&args.console).in_detail(&args.verbose);
    let outcome = async {
        let demo = Demo::start().await?;
        run_until_signal(walk(&demo, &printer)).await?;
        demo.finish(args.keep, |sentence| printer.say(sentence)).await
    };
    printer.concluded(outcome.await)
}

async fn walk(demo: &Demo, printer: &Printer) -> Result<()> {
    printer.say(&demo.introduction());
    for step in demo.steps() {
        printer.step(&step);
        let exit = test(&step.args()?, printer).await;
        printer.stepped(exit);
        step.ended(exit)?;
    }
    Ok(())
}
