//! `repack`: a new P12 out of an old one, or a certificate request on its key.

use openssl::x509::X509;

use crate::call::policy::Policy;
use crate::certificate::{self, name};
use crate::cli::RepackArgs;
use crate::console::{Console, Detail};
use crate::error::{Error, Exit, Kind, Result};
use crate::interrupt::run_until_signal;
use crate::p12::{P12, P12File, Supplement};
use crate::password::Passwords;
use crate::prompt::Prompt;
use crate::readers::ITERATIONS;
use crate::repack::fetch::fetch_chain;
use crate::repack::password::NewPassword;
use crate::repack::request::request;
use crate::repack::{Contents, Target, supplied};
use crate::secret::Secret;
use crate::sink::output::Output;
use crate::view::text;
use crate::words::counted;

/// Makes the new file, or the request.
pub(super) async fn run(args: &RepackArgs) -> Exit {
    let console = Console::new(&args.console);
    text::conclude(run_until_signal(repack(args, &console)).await, &console)
}

async fn repack(args: &RepackArgs, console: &Console) -> Result<Exit> {
    let target =
        args.output.as_deref().map(|output| Target::new(output, args.force, &args.inputs())).transpose()?;
    let mut old = Old::read(args).await?;
    let Some(target) = target else {
        let identity = old.open(args).await?.identity()?;
        Output::open(None)?.write(&request(&identity)?)?;
        return Ok(Exit::Success);
    };
    let mut p12 = old.open(args).await?;
    if args.contents.fetch_chain {
        p12 = old.complete(p12, args, console).await?;
    }
    console.warn(p12.warnings());
    check_certificate(&p12, &old.supplement, args)?;
    write(&p12, &target, args, console).await?;
    console.warn(&old.unused(&p12));
    Ok(Exit::Success)
}

/// What the command line names, read once.
struct Old {
    file: P12File,
    passwords: Passwords,
    supplement: Supplement,
}

impl Old {
    async fn read(args: &RepackArgs) -> Result<Self> {
        let file = P12File::read(&args.input).await?;
        let mut passwords = args.password.source().read(Prompt::Terminal).await?;
        let mut supplement = Supplement::default();
        if let Some(path) = &args.contents.certificate {
            supplement.renewed = supplied::read(path, &mut passwords).await?;
        }
        for path in &args.contents.add {
            supplement.chain.extend(supplied::read(path, &mut passwords).await?);
        }
        Ok(Self { file, passwords, supplement })
    }

    async fn open(&mut self, args: &RepackArgs) -> Result<P12> {
        let (file, supplement, alias) = (&self.file, &self.supplement, args.contents.alias.as_deref());
        let open = async |password: Option<Secret>| {
            P12::open_with(file, password.as_ref(), alias, supplement.clone()).await
        };
        self.passwords.unlock(file.name(), open).await
    }

    /// Opens the file again, with what the chain lacked.
    async fn complete(&mut self, p12: P12, args: &RepackArgs, console: &Console) -> Result<P12> {
        let policy = Policy { allowed: args.contents.allow_net.clone() };
        let identity = p12.identity()?;
        let fetched = fetch_chain(identity.chain.last().unwrap_or(&identity.leaf), &policy).await?;
        for one in &fetched {
            tell(console, "fetched", &format!("{} from {}", name(one.certificate.subject_name()), one.url));
        }
        if fetched.is_empty() {
            return Ok(p12);
        }
        self.supplement.chain.extend(fetched.into_iter().map(|one| one.certificate));
        let (alias, password) = (args.contents.alias.as_deref(), p12.password());
        P12::open_with(&self.file, Some(&password), alias, self.supplement.clone()).await
    }

    /// What was given and does not belong to the chain.
    fn unused(&self, p12: &P12) -> Vec<String> {
        let used = |one: &X509| {
            let same = |other: &openssl::x509::X509Ref| other.to_der().ok() == one.to_der().ok();
            p12.leaf().is_some_and(same) || p12.chain().iter().any(|above| same(above))
        };
        let given = self.supplement.renewed.iter().chain(&self.supplement.chain);
        let left = given.filter(|one| !used(one));
        left.map(|one| format!("left out: {} does not belong to the chain", name(one.subject_name())))
            .collect()
    }
}

/// A certificate that was issued for another key would go by unseen otherwise.
fn check_certificate(p12: &P12, supplement: &Supplement, args: &RepackArgs) -> Result<()> {
    let leaf = p12.leaf().and_then(|leaf| leaf.to_der().ok());
    let is_given = supplement.renewed.iter().any(|one| one.to_der().ok() == leaf);
    match &args.contents.certificate {
        Some(path) if !is_given => {
            let what = format!(
                "no certificate in {} was issued for the key of {}",
                path.display(),
                p12.file().name()
            );
            Err(Error::new(Kind::KeyMismatch, what)
                .with_hint("give the certificate that the CA made out of this key's request"))
        }
        _ => Ok(()),
    }
}

async fn write(p12: &P12, target: &Target, args: &RepackArgs, console: &Console) -> Result<()> {
    let mut identity = p12.identity()?;
    if args.contents.leaf_only {
        identity.chain.clear();
    }
    let new = NewPassword { source: args.new_password.source(), ask: args.new_password.new_password };
    let password = new.read(Prompt::Terminal).await?.unwrap_or_else(|| p12.password());
    let reader = args.contents.reader;
    let alias = args.contents.name.as_deref().or(p12.alias());
    let contents =
        Contents { identity: &identity, name: alias, password: &password, packing: reader.packing };
    target.write(&contents).await?;
    let leaf = certificate::describe(&identity.leaf);
    tell(console, "P12", &format!("{}; issued by {}; until {}", leaf.subject, leaf.issuer, leaf.not_after));
    for above in &identity.chain {
        tell(console, "chain", &name(above.subject_name()));
    }
    let output = args.output.as_deref().map(|output| output.display().to_string()).unwrap_or_default();
    let how = format!("{}, {ITERATIONS} iterations", reader.packing.in_words());
    let same = format!(
        "opened again: same key, same certificate, {} above it",
        counted(identity.chain.len(), "certificate")
    );
    tell(console, "written", &format!("{output}: {how}; {same}"));
    console.warn(&weaknesses(&contents, args));
    Ok(())
}

/// What is weak about the new file, or what its reader will not like.
fn weaknesses(contents: &Contents<'_>, args: &RepackArgs) -> Vec<String> {
    let reader = args.contents.reader;
    let password = contents.password.expose();
    let empty =
        password.is_empty().then(|| "the new file has no password: anyone who has it has the key".to_owned());
    let letters = (!password.is_ascii())
        .then(|| "the password has letters that are not ASCII, which programs encode differently".to_owned());
    let note = (reader.name != READER)
        .then_some(reader.note)
        .flatten()
        .map(|note| format!("{}: {note}", reader.title));
    reader.packing.weakness().map(str::to_owned).into_iter().chain(empty).chain(letters).chain(note).collect()
}

const READER: &str = "current";

fn tell(console: &Console, label: &str, text: &str) {
    if console.detail >= Detail::Usual {
        console.say(format!("{label:<9} {text}"));
    }
}
