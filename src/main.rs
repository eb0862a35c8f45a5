//! `p12-test`: does this P12, with this password, get through to this endpoint?

use std::process::ExitCode;

use clap::Parser as _;
use p12_test::args::{Args, Command, DemoArgs, TestArgs};
use p12_test::demo::Demo;
use p12_test::error::{Error, Exit, Kind, Result};
use p12_test::p12::{P12, P12File};
use p12_test::printer::{self, Printer};
use p12_test::secret::{self, Secret};

fn main() -> ExitCode {
    secret::forbid_core_dumps();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return printer::usage(&error).into(),
    };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Exit::Machine.into();
    };
    let exit = runtime.block_on(run(&args));
    // A prompt or a file that still waits in another thread must not hold up the end.
    runtime.shutdown_background();
    exit.into()
}

async fn run(args: &Args) -> Exit {
    match &args.command {
        Some(Command::Demo(args)) => demo(args).await,
        None => test(&args.test, &Printer::new(&args.test.look)).await,
    }
}

async fn test(args: &TestArgs, printer: &Printer) -> Exit {
    let outcome = tokio::select! {
        outcome = call(args, printer) => outcome,
        _ = tokio::signal::ctrl_c() => Err(Error::new(Kind::Interrupted, "interrupted")),
    };
    conclude(outcome, printer)
}

/// The main path. Every other command goes through it.
async fn call(args: &TestArgs, printer: &Printer) -> Result<()> {
    let (request, route) = (args.request()?, args.route().await?);
    printer.warnings(&route.warnings());
    let p12 = open(args).await?;
    printer.warnings(p12.warnings());
    let response = printer.waiting(&request, route.send(&request, &p12)).await?;
    printer.response(response, &args.output).await
}

async fn open(args: &TestArgs) -> Result<P12> {
    let file = P12File::read(args.p12()?)?;
    let open = |password: Option<&Secret>| match args.platform.no_precheck {
        true => P12::unread(&file, password),
        false => P12::open(&file, password, args.alias.as_deref()),
    };
    args.password.source().unlock(file.name(), open).await
}

async fn demo(args: &DemoArgs) -> Exit {
    let printer = Printer::new(&args.look);
    let outcome = async {
        let demo = Demo::start().await?;
        printer.say(&demo.introduction());
        for step in demo.steps() {
            printer.step(&step);
            printer.stepped(test(&step.args()?, &printer).await);
        }
        demo.finish(args.keep, |sentence| printer.say(sentence)).await
    };
    conclude(outcome.await, &printer)
}

fn conclude(outcome: Result<()>, printer: &Printer) -> Exit {
    match outcome {
        Ok(()) => Exit::Success,
        Err(error) => {
            printer.failure(&error);
            error.kind.exit()
        }
    }
}
