//! `repack`: a new P12 out of an old one, or a certificate request on its key.

use openssl::x509::X509;

use crate::call::policy::Policy;
use crate::certificate::{self, name};
use crate::cli::RepackArgs;
use crate::console::{Console, Detail};
use crate::error::{Error, Exit, Kind, Result};
use crate::inputs;
use crate::p12::{P12, P12File, Supplement};
use crate::password::{self, Password, Passwords};
use crate::prompt::Prompt;
use crate::readers::ITERATIONS;
use crate::repack::fetch::fetch_chain;
use crate::repack::request::request;
use crate::repack::{NewContents, NewFile, supplied};
use crate::sink::output::Output;
use crate::words::counted;

/// Makes the new file, or the request.
pub(super) async fn run(args: &RepackArgs, console: &Console) -> Result<Exit> {
    // First of all: a file that must not be written is no reason to ask for a password.
    let target = args.output.as_deref().map(|output| NewFile::new(output, args.force, &args.inputs()));
    let target = target.transpose()?;
    let file = P12File::read(&args.input).await?.with_key(inputs::key(&args.key).await?);
    let mut passwords = args.password.source().read(Prompt::Terminal).await?;
    let mut supplement = read_supplement(args, &mut passwords).await?;
    let alias = args.contents.alias.as_deref();
    let open = async |file: P12File, password: Option<Password>| {
        P12::open_with(&file, password.as_ref(), alias, supplement.clone()).await
    };
    let mut p12 = file.unlock(&mut passwords, open).await?;
    let Some(target) = target else {
        Output::open(None)?.write(&request(&p12.identity()?)?)?;
        return Ok(Exit::Success);
    };
    if args.contents.fetch_chain {
        supplement.chain.extend(fetch(&p12, args, console).await?);
        // Once more, as what was fetched may lead to what is in the file.
        p12 = P12::open_with(p12.file(), Some(&Password::exact(p12.password())), alias, supplement.clone())
            .await?;
    }
    check_certificate(&p12, &supplement, args)?;
    console.warn(p12.warnings());
    console.warn(&find_unused(&p12, &supplement));
    write(&p12, &target, args, console).await?;
    Ok(Exit::Success)
}

async fn read_supplement(args: &RepackArgs, passwords: &mut Passwords) -> Result<Supplement> {
    let mut supplement = Supplement::default();
    if let Some(path) = &args.contents.certificate {
        supplement.renewed = supplied::read(path, passwords).await?;
    }
    for path in &args.contents.add {
        supplement.chain.extend(supplied::read(path, passwords).await?);
    }
    Ok(supplement)
}

async fn fetch(p12: &P12, args: &RepackArgs, console: &Console) -> Result<Vec<X509>> {
    let policy = Policy { allowed: args.contents.allow_net.clone(), ..Policy::default() };
    let identity = p12.identity()?;
    let fetched = fetch_chain(identity.chain.last().unwrap_or(&identity.leaf), &policy).await?;
    for (certificate, url) in &fetched {
        tell(console, "fetched", &format!("{} from {url}", name(certificate.subject_name())));
    }
    Ok(fetched.into_iter().map(|(certificate, _)| certificate).collect())
}

/// A certificate that was issued for another key would change nothing, and nobody would see it.
fn check_certificate(p12: &P12, supplement: &Supplement, args: &RepackArgs) -> Result<()> {
    let is_leaf = |one: &X509| p12.leaf().is_some_and(|leaf| *leaf == **one);
    match &args.contents.certificate {
        Some(path) if !supplement.renewed.iter().any(is_leaf) => {
            let (path, file) = (path.display(), p12.file().name());
            let what = format!("no certificate in {path} was issued for the key of {file}");
            let hint = "give the certificate that the CA made from a request on this key (repack --request)";
            Err(Error::new(Kind::KeyMismatch, what).with_hint(hint))
        }
        _ => Ok(()),
    }
}

fn find_unused(p12: &P12, supplement: &Supplement) -> Vec<String> {
    let used: Vec<_> = p12.leaf().into_iter().chain(p12.chain().iter().map(|above| &**above)).collect();
    let all = supplement.renewed.iter().chain(&supplement.chain);
    let unused = all.filter(|one| !used.contains(&&***one));
    unused.map(|one| format!("left out: {} does not belong to the chain", name(one.subject_name()))).collect()
}

async fn write(p12: &P12, target: &NewFile, args: &RepackArgs, console: &Console) -> Result<()> {
    let mut identity = p12.identity()?;
    if args.contents.leaf_only {
        identity.chain.clear();
    }
    let new = &args.new_password;
    let password = match new.same_password {
        true => None,
        false => password::new(new.source(), new.new_password, Prompt::Terminal).await?,
    };
    let password = password.unwrap_or_else(|| p12.password());
    let (reader, alias) = (args.contents.reader, args.contents.name.as_deref().or_else(|| p12.alias()));
    let contents =
        NewContents { identity: &identity, name: alias, password: &password, packing: reader.packing };
    target.write(&contents).await?;
    let leaf = certificate::describe(&identity.leaf);
    tell(console, "P12", &format!("{}; issued by {}; until {}", leaf.title(), leaf.issuer, leaf.not_after));
    for above in &identity.chain {
        tell(console, "chain", &name(above.subject_name()));
    }
    let how = reader.packing.in_words();
    let above = counted(identity.chain.len(), "certificate");
    let text = format!(
        "{target}: {how}, {ITERATIONS} iterations; opened again: the same key and certificate, {above} above it"
    );
    tell(console, "written", &text);
    console.warn(&contents.weaknesses());
    if !reader.note.is_empty() {
        tell(console, "note", &format!("{}: {}", reader.title, reader.note));
    }
    Ok(())
}

fn tell(console: &Console, label: &str, text: &str) {
    if console.detail >= Detail::Usual {
        console.say(format!("{label:<9} {text}"));
    }
}
