//! Results as a page: one HTML file that loads nothing, reads without a script, and prints.

use crate::inspect::Inspection;
use crate::outcome::Outcome;

pub mod batch;
mod chain;
mod documents;
mod inspection;
mod journey;
mod layout;
mod test;

/// The page of one test, with its JSON document to be downloaded.
pub fn of_test(outcome: &Outcome) -> String {
    let title = format!("{}: {}", test::verdict(outcome).word(), test::target(outcome));
    layout::page(&title, &test::body(outcome), "report.json", &super::json::pretty(outcome))
}

/// The page of P12 files that were looked into.
pub fn of_inspections(inspections: &[Inspection]) -> String {
    let files: Vec<_> = inspections.iter().map(|inspection| inspection.file.as_str()).collect();
    let document = super::inspection::show(inspections, true, false);
    layout::page(&files.join(", "), &inspection::body(inspections), "inspect.json", &document)
}
