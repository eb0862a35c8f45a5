//! `p12-test`: does this P12, with this password, get through to this endpoint?

use std::process::ExitCode;

use clap::Parser as _;
use p12_test::cli::{Args, Command};
use p12_test::{commands, console, diagnosis, process};
use tokio::runtime::Builder;

/// OpenSSL's memory comes from it as well (the feature `override`).
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    process::forbid_core_dumps();
    // Must be the first call of OpenSSL: it keeps OpenSSL from cleaning up at exit, while other threads still
    // run.
    openssl::init();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return commands::usage::refuse(error).into(),
    };
    let mut runtime = match args.command {
        Some(Command::Serve(_) | Command::Batch(_)) => Builder::new_multi_thread(),
        _ => Builder::new_current_thread(),
    };
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return console::report_early(&diagnosis::not_begun(&error)).into(),
    };
    let exit = runtime.block_on(commands::run(&args));
    // Do not wait for a prompt or a file in another thread.
    runtime.shutdown_background();
    exit.into()
}
