//! `inspect`: what is in P12 files. The result goes to stdout, as there is no answer of an endpoint.

use std::path::{Path, PathBuf};

use crate::cli::InspectArgs;
use crate::console::{Console, Detail};
use crate::error::{Error, Exit, Kind, Result};
use crate::files;
use crate::inputs;
use crate::inspect::{Criteria, Inspection, Trusted};
use crate::interrupt::run_until_signal;
use crate::prompt::Prompt;
use crate::sink::output::Output;
use crate::view::{inspection, page, text};

/// Inspects each file. The exit status is the highest of all files.
pub(super) async fn run(args: &InspectArgs) -> Exit {
    let console = Console::new(&args.console);
    text::conclude(run_until_signal(inspect(args, &console)).await, &console)
}

async fn inspect(args: &InspectArgs, console: &Console) -> Result<Exit> {
    if let Some(page) = &args.html {
        check_page(page, &args.files)?;
    }
    let trusted = args.trust.as_deref().map(Trusted::read).transpose()?;
    let criteria = Criteria { within: args.within, trusted };
    let key = inputs::key(&args.key).await?;
    let mut passwords = args.password.source().read(Prompt::Terminal).await?;
    let mut inspections = Vec::new();
    for path in expand(&args.files).iter() {
        inspections.push(Inspection::make(path, &key, &mut passwords, &criteria).await);
        // Lets Ctrl-C end the loop, even if no file takes any time.
        tokio::task::yield_now().await;
    }
    let text = inspection::show(&inspections, args.json, console.detail == Detail::Quiet);
    Output::open(None)?.write(text.as_bytes())?;
    if let Some(path) = &args.html {
        let mut file = Output::open(Some(path))?;
        file.write(page::of_inspections(&inspections).as_bytes())?;
        file.complete()?;
    }
    let exits = inspections.iter().map(|inspection| inspection.exit);
    Ok(exits.max_by_key(|exit| *exit as u8).unwrap_or(Exit::Success))
}

/// Fails when the page could not be written, or would overwrite a P12, before anything is read.
fn check_page(page: &Path, files: &[PathBuf]) -> Result<()> {
    let same = |file: &&PathBuf| files::canonicalize(file) == files::canonicalize(page);
    match files.iter().find(same) {
        Some(file) => {
            let message = format!("{} is an input and would be overwritten", file.display());
            Err(Error::new(Kind::Usage, message))
        }
        None if files::is_device(page) => Ok(()),
        None => Output::open(Some(page)).map(drop),
    }
}

/// The shells of Windows leave `*.p12` to the program.
#[cfg(windows)]
fn expand(paths: &[PathBuf]) -> Vec<PathBuf> {
    let matches = |path: &PathBuf| -> Vec<PathBuf> {
        let pattern = path.to_str().filter(|name| name.contains(['*', '?']) && !path.exists());
        let found = pattern.and_then(|pattern| glob::glob(pattern).ok());
        let found: Vec<_> = found.into_iter().flatten().flatten().collect();
        if found.is_empty() { vec![path.clone()] } else { found }
    };
    paths.iter().flat_map(matches).collect()
}

#[cfg(not(windows))]
fn expand(paths: &[PathBuf]) -> &[PathBuf] {
    paths
}
