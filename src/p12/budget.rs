//! Limits how much work one file may cause.

use tokio_util::sync::CancellationToken;

use super::fault::{Fault, Parsed};

/// The work that is left.
#[derive(Debug)]
pub(super) struct Budget {
    /// A unit is one iteration of SHA-1 or SHA-256, some 0.15 µs.
    units: u64,
    bags: usize,
    /// Cancelled when the caller has gone.
    given_up: CancellationToken,
}

impl Budget {
    /// Enough for ten million iterations and a little more, which take about 2 s.
    pub(super) const LIMIT: u64 = 10_500_000;

    pub(super) fn new(units: u64, given_up: CancellationToken) -> Self {
        Self { units, bags: MAX_BAGS, given_up }
    }

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

    /// Takes the cost of decrypting these bytes, or of computing a MAC over them.
    pub(super) fn spend_on(&mut self, bytes: &[u8]) -> Option<()> {
        self.spend(bytes.len() as u64 / 16)
    }

    /// Takes one bag of the number that all safes of a file may have.
    pub(super) fn take_bag(&mut self) -> Parsed<()> {
        let left = self.bags.checked_sub(1);
        self.bags = left.ok_or_else(|| Fault::crowded("more bags than any P12 has"))?;
        Ok(())
    }
}

/// The limit. Real files have far fewer.
const MAX_BAGS: usize = 2_000;
