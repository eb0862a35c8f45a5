//! The commands, one file each.

use std::sync::Arc;

use crate::cli::{Args, Command};
use crate::console::Console;
use crate::error::Exit;
use crate::interrupt::run_until_signal;
use crate::view::text;

mod batch;
mod compare;
mod demo;
mod inspect;
mod repack;
mod probe;
mod series;
mod serve;
mod test;
pub mod usage;

/// Runs the command, or a test if no command is named, and shows the error if it failed.
pub async fn run(args: &Args) -> Exit {
    let console = Arc::new(Console::new(args.console(), args.test.verbose));
    let ended = match &args.command {
        Some(Command::Demo(args)) => demo::run(args, &console).await,
        Some(Command::Serve(args)) => serve::run(args, &console).await,
        Some(Command::Batch(args)) => batch::run(args, &console).await,
        Some(Command::Inspect(args)) => run_until_signal(inspect::run(args, &console)).await,
        Some(Command::Repack(args)) => run_until_signal(repack::run(args, &console)).await,
        Some(Command::Probe(args)) => run_until_signal(probe::run(args, &console)).await,
        None => test::run(&args.test, &console).await,
    };
    ended.unwrap_or_else(|error| {
        text::failure(&error, &console);
        error.kind.exit()
    })
}
