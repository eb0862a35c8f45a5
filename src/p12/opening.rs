//! From the bytes of a file to its contents, for `P12::open` and for `Anatomy`.

use memchr::memmem;
use tokio_util::sync::CancellationToken;

use super::bag::{Bag, read_bags};
use super::budget::Budget;
use super::container::{Pfx, Safe};
use super::contents::Contents;
use super::fault::{Fault, Parsed};
use super::file::P12File;
use super::form::{Content, Form};
use super::mac::Mac;
use super::protection::Protection;
use super::sniff;
use super::unlock::{Locked, unlock};
use super::{damage, loose};
use crate::password::Password;
use crate::words::counted;

/// The parts that need no password, and those that the password opens.
pub(super) struct Opening {
    pub(super) form: Form,
    /// Bytes after the end.
    pub(super) trailing: usize,
    /// What they are, where that shows; it follows their number.
    pub(super) padding: &'static str,
    pub(super) mac: Option<Protection>,
    pub(super) safes: Vec<Option<Protection>>,
    /// The contents; or why they cannot be opened, with the unencrypted bags.
    pub(super) contents: Result<Contents, (Fault, Vec<Bag>)>,
}

/// Opens a file. Without a password, none at all and the empty one are tried; with one, also the ways of encoding it that
/// producers use against the standard. Once `given_up` is cancelled it ends soon. Fails when the file is no container that
/// can be read.
pub(super) fn open(
    file: &P12File,
    password: Option<&Password>,
    given_up: CancellationToken,
) -> Parsed<Opening> {
    let content = sniff::unwrap(&file.bytes)?;
    let mut loose = match &file.aside.file {
        Some(key) => sniff::unwrap_key(&key.bytes).map_err(|fault| fault.of(key.name()))?,
        None => Vec::new(),
    };
    let (budget, of_key) = (Budget::new(file.work, given_up), file.aside.password.as_ref());
    let (bytes, form) = match content {
        Content::Pfx(bytes, form) => (bytes, form),
        Content::Loose(bags, names) => {
            loose.extend(bags);
            check_complete(&loose, &names).map_err(|fault| match memmem::find(&file.bytes, KEY_VAULT) {
                Some(_) => fault.with_hint("its key is in the secret of the same name: az keyvault secret show prints both, and that opens here"),
                None => fault,
            })?;
            let nothing = Locked { mac: None, content: &[], safes: &[], loose };
            let contents = unlock(nothing, password, of_key, budget).map_err(|fault| (fault, Vec::new()));
            return Ok(Opening {
                form: Form::Loose,
                trailing: 0,
                padding: "",
                mac: None,
                safes: Vec::new(),
                contents,
            });
        }
    };
    let broken = |fault| damage::explain(&file.bytes, fault);
    let pfx = Pfx::parse(&bytes).map_err(broken)?;
    let safes = pfx.safes().map_err(broken)?;
    let locked = Locked { mac: pfx.mac.as_ref(), content: &pfx.content, safes: &safes, loose };
    let contents = unlock(locked, password, of_key, budget).map_err(broken);
    Ok(Opening {
        form,
        trailing: pfx.trailing,
        padding: damage::padding(bytes.get(bytes.len() - pfx.trailing..).unwrap_or_default()),
        mac: pfx.mac.as_ref().map(Mac::protection),
        safes: safes.iter().map(Safe::protection).collect(),
        contents: contents.map_err(|fault| (fault, bags_in_the_open(&safes))),
    })
}

/// What a certificate of Azure Key Vault has beside it.
const KEY_VAULT: &[u8] = b".vault.azure.net/certificates/";

fn check_complete(bags: &[Bag], names: &str) -> Parsed<()> {
    let has_certificate = bags.iter().any(|bag| matches!(bag, Bag::Certificate(..)));
    let hint = match (bags.iter().any(loose::is_key), has_certificate) {
        (true, true) => return Ok(()),
        (false, _) => {
            "give its private key beside it (--key KEY), or make a P12 of both: p12-test repack --key KEY FILE client.p12; who made the certificate request has the key"
        }
        (true, false) => {
            "give the certificate that was issued for this key, and this file as its --key; or make a P12 of both: p12-test repack --key FILE CERTIFICATE client.p12"
        }
    };
    Err(Fault::not_a_p12(format!("it is {names}, not a P12")).with_hint(hint))
}

impl Opening {
    /// A warning about bytes after the end.
    pub(super) fn warning(&self, file: &P12File) -> Option<String> {
        let verb = if self.trailing == 1 { "follows" } else { "follow" };
        let bytes = counted(self.trailing, "byte");
        let padding = self.padding;
        (self.trailing > 0).then(|| format!("{bytes} {verb} the end of the P12 in {}{padding}", file.name()))
    }
}

fn bags_in_the_open(safes: &[Safe<'_>]) -> Vec<Bag> {
    let mut budget = Budget::new(0, CancellationToken::new());
    let bags = safes.iter().filter_map(|safe| match safe {
        Safe::Plain(contents) => read_bags(contents, &mut budget).ok(),
        Safe::Encrypted(..) => None,
    });
    bags.flatten().collect()
}
