//! The commands, one file each.

use crate::cli::{Args, Command};
use crate::error::Exit;

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

/// Runs the command, or a test if no command is named.
pub async fn run(args: &Args) -> Exit {
    match &args.command {
        Some(Command::Demo(args)) => demo::run(args).await,
        Some(Command::Serve(args)) => serve::run(args).await,
        Some(Command::Batch(args)) => batch::run(args).await,
        Some(Command::Inspect(args)) => inspect::run(args).await,
        Some(Command::Repack(args)) => repack::run(args).await,
        Some(Command::Probe(args)) => probe::run(args).await,
        None => test::run(&args.test).await,
    }
}
