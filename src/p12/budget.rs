//! How much work one file may cost.

/// The work that is left. A unit is one iteration of SHA-1 or SHA-256, some 0.15 µs.
#[derive(Debug)]
pub(super) struct Budget(u64);

impl Budget {
    /// Room for ten million iterations, which take some 1.5 s; twice as many are an attack.
    pub(super) const LIMIT: u64 = 16_000_000;

    pub(super) fn new(units: u64) -> Self {
        Self(units)
    }

    /// Takes this much; `None`, and nothing taken, when there is not enough left.
    pub(super) fn spend(&mut self, cost: u64) -> Option<()> {
        self.0 = self.0.checked_sub(cost)?;
        Some(())
    }
}
