//! A safe whose bags are read as far as it is not encrypted.

use super::bag::{Bag, OtherBag, read_bags};
use super::budget::Budget;
use super::container::Safe;
use super::fault::Parsed;
use super::scheme::Scheme;

/// A safe, read as far as it is not encrypted.
pub(super) enum Part<'a> {
    Open(Vec<Bag>),
    Closed(&'a Scheme, &'a [u8]),
}

impl<'a> Part<'a> {
    pub(super) fn read(safe: &'a Safe<'_>, budget: &mut Budget) -> Parsed<Self> {
        match safe {
            Safe::Plain(contents) => read_bags(contents, budget).map(Self::Open),
            Safe::Encrypted(scheme, ciphertext) => Ok(Self::Closed(scheme, ciphertext)),
        }
    }
}

impl Part<'_> {
    /// Whether Windows users or groups can open the file in place of a password.
    pub(super) fn has_groups(&self) -> bool {
        let is_group = |bag: &Bag| matches!(bag, Bag::Other(OtherBag::GroupProtection));
        matches!(self, Self::Open(bags) if bags.iter().any(is_group))
    }
}
