//! From the bytes of a file to its contents, for `P12::open` and for `Anatomy`.

use tokio_util::sync::CancellationToken;

use super::bag::{Bag, read_bags};
use super::budget::Budget;
use super::container::{Pfx, Safe};
use super::contents::Contents;
use super::fault::{Fault, Parsed};
use super::file::P12File;
use super::mac::Mac;
use super::protection::Protection;
use super::sniff::{self, Form, Wrapping};
use super::unlock::unlock;
use crate::password::Password;
use crate::words::counted;

/// The parts that need no password, and those that the password opens.
pub(super) struct Opening {
    pub(super) form: Form,
    pub(super) wrapping: Wrapping,
    /// Bytes after the end.
    pub(super) trailing: usize,
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
    let sniffed = sniff::unwrap(&file.bytes)?;
    let pfx = Pfx::parse(&sniffed.bytes)?;
    let safes = pfx.safes()?;
    let contents = unlock(&pfx, &safes, password, Budget::new(file.work, given_up));
    Ok(Opening {
        form: sniffed.form,
        wrapping: sniffed.wrapping,
        trailing: pfx.trailing,
        mac: pfx.mac.as_ref().map(Mac::protection),
        safes: safes.iter().map(Safe::protection).collect(),
        contents: contents.map_err(|fault| (fault, bags_in_the_open(&safes))),
    })
}

impl Opening {
    /// A warning about bytes after the end.
    pub(super) fn warning(&self, file: &P12File) -> Option<String> {
        let verb = if self.trailing == 1 { "follows" } else { "follow" };
        let bytes = counted(self.trailing, "byte");
        (self.trailing > 0).then(|| format!("{bytes} {verb} the end of the P12 in {}", file.name()))
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
