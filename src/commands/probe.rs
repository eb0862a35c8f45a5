//! `probe`: what an endpoint asks for, before there is a P12. The result goes to stdout.

use std::path::Path;
use std::sync::Arc;

use crate::answer::Answer;
use crate::cli::ProbeArgs;
use crate::console::{Console, Detail};
use crate::error::{Exit, Kind, Result};
use crate::foreign::KnownSecrets;
use crate::inputs;
use crate::p12::anatomy::Anatomy;
use crate::p12::{KeyAside, P12File};
use crate::password::{Password, Passwords};
use crate::probe::{Insistence, Probe};
use crate::prompt::Prompt;
use crate::request::RequestParts;
use crate::sink::Sink;
use crate::sink::output::Output;
use crate::view::probe;

/// Makes the call, compares the files, and shows what was found.
pub(super) async fn run(args: &ProbeArgs, console: &Console) -> Result<Exit> {
    let mut probe = call(args, console).await?;
    if !args.among.is_empty() {
        let key = inputs::key(&args.key).await?;
        let mut passwords = args.password.source().read(Prompt::Terminal).await?;
        for path in &args.among {
            probe.add_file(&path.display().to_string(), read(path, &key, &mut passwords).await);
        }
    }
    let text = if args.json { probe::json(&probe) } else { probe::text(&probe) };
    if args.json || console.detail != Detail::Quiet {
        Output::open(None)?.write(text.as_bytes())?;
    }
    match &probe.verdict {
        Insistence::Failed(error) => Err(error.clone()),
        _ => Ok(probe.exit()),
    }
}

async fn call(args: &ProbeArgs, console: &Console) -> Result<Probe> {
    let request = RequestParts { url: args.url.clone(), ..RequestParts::default() }.check()?;
    let local = inputs::connection(&args.connection)?;
    let mut known = KnownSecrets::default();
    let secrets = request.secrets().into_iter().chain(local.connect.proxies.secrets());
    secrets.for_each(|secret| known.learn(&secret));
    let known = Arc::new(known);
    let (mut exchange, head) = console.waiting(&request, local.start_bare(&request, &known)).await?;
    let (answer, error) = match head {
        Ok(head) => {
            let mut answer = Answer::new(head, false);
            let read = answer.read(&mut *exchange, &mut Sink::default()).await;
            (Some(answer), read.err())
        }
        Err(error) => (None, Some(error)),
    };
    Ok(Probe::judge(exchange.evidence(), answer.as_ref(), error))
}

/// Reads what is in a file. Its password is needed only if its certificates are encrypted.
async fn read(path: &Path, key: &KeyAside, passwords: &mut Passwords) -> Result<Anatomy> {
    let file = P12File::read(path).await?.with_key(key.clone());
    let open = async |password: Option<Password>| match Anatomy::read(&file, password.as_ref()).await? {
        (anatomy, _) if !anatomy.certificates.is_empty() => Ok(anatomy),
        (_, Some(error)) if matches!(error.kind, Kind::PasswordNeeded | Kind::WrongPassword) => Err(error),
        (anatomy, refused) => refused.map_or(Ok(anatomy), Err),
    };
    match open(None).await {
        Err(_) => passwords.unlock(file.name(), open).await,
        read => read,
    }
}
