//! What a format of results has to do, and what all of them start from.

use std::time::Duration;

pub use crate::batch::Tested;
use crate::error::Result;
use crate::outcome::Outcome;

/// A format of results. Each of its texts is written at once.
pub trait View: Send {
    /// What stands before all results.
    fn begin(&self) -> String {
        String::new()
    }

    /// What is written of one result as soon as it is there; `number` counts from 1.
    fn add(&mut self, tested: &Tested, number: u64) -> String;

    /// What stands after all results: so many, in this time.
    ///
    /// # Errors
    /// Fails where a format that is written whole cannot be written.
    fn end(&mut self, _count: u64, _took: Duration) -> Result<String> {
        Ok(String::new())
    }
}

/// A result in short, for formats of one line.
pub(super) struct Summary<'a> {
    pub(super) passed: bool,
    pub(super) exit: u8,
    pub(super) kind: &'static str,
    pub(super) what: String,
    pub(super) hint: &'a str,
    pub(super) total: Duration,
    pub(super) target: &'a str,
}

impl<'a> Summary<'a> {
    pub(super) fn of(outcome: &'a Outcome) -> Self {
        let error = outcome.result.as_ref().err();
        let answered =
            outcome.answer.as_ref().map(|answer| format!("answered {}", answer.head.status.as_u16()));
        let evidence = outcome.evidence.as_ref();
        Self {
            passed: error.is_none(),
            exit: outcome.exit() as u8,
            kind: outcome.kind_name(),
            what: error.map_or_else(|| answered.unwrap_or_default(), |error| error.message.clone()),
            hint: error.map_or("", |error| error.hint()),
            total: evidence.map_or(Duration::ZERO, |evidence| evidence.timings.total),
            target: evidence.map_or("p12-test", |evidence| &evidence.target),
        }
    }
}
