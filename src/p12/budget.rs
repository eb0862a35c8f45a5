//! How much work one file may cost.

use tokio_util::sync::CancellationToken;

use super::fault::{Fault, Parsed};

/// The work that is left.
#[derive(Debug)]
pub(super) struct Budget {
    /// A unit is one iteration of SHA-1 or SHA-256, some 0.15 µs.
    units: u64,
    bags: usize,
    /// Cancelled when nobody waits for the outcome any more.
    given_up: CancellationToken,
}

impl Budget {
    /// Room for ten million iterations, which take some 1.5 s; twice as many are an attack.
    pub(super) const LIMIT: u64 = 16_000_000;

    pub(super) fn new(units: u64, given_up: CancellationToken) -> Self {
        Self { units, bags: MAX_BAGS, given_up }
    }

    /// Whether nobody waits for the outcome any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.is_cancelled()
    }

    /// Takes this much; `None`, and nothing taken, when there is not enough left or the work was given up.
    pub(super) fn spend(&mut self, cost: u64) -> Option<()> {
        if self.is_given_up() {
            return None;
        }
        self.units = self.units.checked_sub(cost)?;
        Some(())
    }

    /// Takes what it costs to decrypt so many bytes, or to compute a MAC over them.
    pub(super) fn spend_on(&mut self, bytes: &[u8]) -> Option<()> {
        self.spend(bytes.len() as u64 / 16)
    }

    /// Takes one of the bags that a file may have in all its safes.
    pub(super) fn take_bag(&mut self) -> Parsed<()> {
        let left = self.bags.checked_sub(1);
        self.bags = left.ok_or_else(|| Fault::malformed("more bags than any P12 has"))?;
        Ok(())
    }
}

/// More are an attack.
const MAX_BAGS: usize = 2_000;
