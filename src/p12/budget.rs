//! How much work one file may cost.

use tokio_util::sync::CancellationToken;

/// The work that is left. A unit is one iteration of SHA-1 or SHA-256, some 0.15 µs.
#[derive(Debug)]
pub(super) struct Budget {
    units: u64,
    /// Cancelled when nobody waits for the outcome any more.
    given_up: CancellationToken,
}

impl Budget {
    /// Room for ten million iterations, which take some 1.5 s; twice as many are an attack.
    pub(super) const LIMIT: u64 = 16_000_000;

    pub(super) fn new(units: u64, given_up: CancellationToken) -> Self {
        Self { units, given_up }
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
}
