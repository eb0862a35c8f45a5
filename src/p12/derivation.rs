//! Derives keys from the password: each once, and in parallel for the standard encoding.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use zeroize::Zeroizing;

use super::budget::Budget;
use super::encoding::Encoding;
use super::iterate::{KeyUse, Wiped};
use super::kdf::Kdf;

/// A key, or a key with its initialisation vector, that is derived from a password.
#[derive(Debug)]
pub(super) struct Derivation {
    pub(super) kdf: Kdf,
    parts: Vec<(KeyUse, usize)>,
    /// The result for the standard encoding. Its cost was taken from the budget before.
    standard: OnceLock<Option<Wiped>>,
}

impl Derivation {
    /// A derivation with parts of these sizes, in bytes.
    pub(super) fn new(kdf: Kdf, parts: &[(KeyUse, usize)]) -> Self {
        Self { kdf, parts: parts.to_vec(), standard: OnceLock::new() }
    }

    /// In units of the budget.
    fn cost(&self, password: &Encoding) -> Option<u64> {
        let password = self.kdf.input(password).len();
        self.parts
            .iter()
            .try_fold(0_u64, |sum, (_, length)| sum.checked_add(self.kdf.cost(*length, password)?))
    }

    /// Whether two encodings of the password give the same key.
    pub(super) fn is_same(&self, one: &Encoding, other: &Encoding) -> bool {
        self.kdf.input(one) == self.kdf.input(other)
    }

    /// The parts, joined; `None` if the budget does not allow it.
    pub(super) fn key(&self, password: &Encoding, budget: &mut Budget) -> Option<Wiped> {
        if password.is_standard
            && let Some(known) = self.standard.get()
        {
            return known.clone();
        }
        budget.spend(self.cost(password)?)?;
        self.derive(password)
    }

    fn derive(&self, password: &Encoding) -> Option<Wiped> {
        let mut all = Zeroizing::new(Vec::with_capacity(self.parts.iter().map(|(_, length)| length).sum()));
        for (of, length) in &self.parts {
            all.extend_from_slice(&self.kdf.derive(*of, *length, password)?);
        }
        Some(all)
    }
}

/// Derives all of these from the standard encoding, in parallel and the longest first. `None` if the budget
/// does not allow all; then none is derived.
pub(super) fn derive_all(
    mut derivations: Vec<&Derivation>,
    password: &Encoding,
    budget: &mut Budget,
) -> Option<()> {
    let sum = derivations.iter().try_fold(0_u64, |sum, one| sum.checked_add(one.cost(password)?))?;
    budget.spend(sum)?;
    derivations.sort_by_key(|one| std::cmp::Reverse(one.cost(password)));
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(one) = derivations.get(next.fetch_add(1, Ordering::Relaxed))
            && !budget.is_given_up()
        {
            one.standard.get_or_init(|| one.derive(password));
        }
    };
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let helpers = if sum < WORTH_A_THREAD { 0 } else { processors.min(derivations.len()).saturating_sub(1) };
    thread::scope(|scope| {
        for _ in 0..helpers {
            // If the system gives no thread, this one does all the work.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    Some(())
}

/// In units of the budget. Below that, a thread costs more time than it saves.
const WORTH_A_THREAD: u64 = 5_000;
