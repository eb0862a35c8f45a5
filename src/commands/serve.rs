//! `serve`: the platform's resource, until a signal ends it.

use std::sync::Arc;

use crate::cli::ServeArgs;
use crate::console::Console;
use crate::error::{Exit, Result};
use crate::interrupt::{Hangups, run_until, wait_for_signal};
use crate::serve::Server;

/// Serves until Ctrl-C or SIGTERM.
pub(super) async fn run(args: &ServeArgs, console: &Arc<Console>) -> Result<Exit> {
    // One future for start and service, so that no signal is lost between them.
    let mut end = std::pin::pin!(wait_for_signal());
    let (hangups, log) = (Hangups::listen(), Arc::clone(console));
    let server = run_until(&mut end, Server::bind(args, Arc::new(move |line| log.log(line)))).await?;
    console.say(format!("listening on {}", server.url()?));
    server.run(end, hangups).await;
    Ok(Exit::Success)
}
