//! How results are written: one file a format, all behind one trait.

use std::time::Duration;

use crate::cli::Format;
use crate::error::Result;
use crate::outcome::Outcome;

pub mod inspection;
pub mod json;
pub mod junit;
pub mod probe;
pub mod series;
pub mod table;
pub mod tap;
pub mod text;

/// A finished test of a batch.
pub struct Tested {
    /// The id of its record.
    pub id: String,
    /// The line of the manifest that it is in, from 1.
    pub line: u64,
    /// What it came to.
    pub outcome: Outcome,
}

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

/// The view of a format.
pub fn of(format: Format) -> Box<dyn View> {
    match format {
        Format::Ndjson => Box::new(json::Lines),
        Format::Table => Box::new(table::Table),
        Format::Junit => Box::new(junit::Junit::default()),
        Format::Tap => Box::new(tap::Tap),
    }
}

/// A result in short, for formats of one line.
struct Summary<'a> {
    passed: bool,
    exit: u8,
    kind: &'static str,
    what: String,
    hint: &'a str,
    total: Duration,
    target: &'a str,
}

impl<'a> Summary<'a> {
    fn of(outcome: &'a Outcome) -> Self {
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
