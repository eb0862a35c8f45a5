//! What is wrong with the matrix: wrong kinds, kinds that name no fault, verdicts that vary, texts that say too little.

use std::collections::BTreeMap;

use crate::Result;
use crate::approved;
use crate::harness::all_tools;

/// Kinds for faults that have no kind of their own.
const UNSPECIFIC: &[&str] =
    &["internal", "handshake-failed", "connection-failed", "no document", "no peer", ""];

/// `all` says whether all rows were run.
pub(crate) fn faults(results: &[Result], all: bool) -> Vec<String> {
    let mut faults = missing(results);
    for result in results {
        faults.extend(of_row(result));
    }
    faults.extend(shared_texts(results));
    faults.extend(shared_names(results));
    faults.extend(approved::differences(results, all));
    faults
}

fn missing(results: &[Result]) -> Vec<String> {
    if !all_tools() {
        return Vec::new();
    }
    let missing = results.iter().filter(|result| result.told.is_none());
    missing.map(|result| format!("{}: peer not installed", result.name())).collect()
}

fn of_row(result: &Result) -> Vec<String> {
    let Some(told) = &result.told else { return Vec::new() };
    let (name, row) = (result.name(), &result.row);
    let mut faults = Vec::new();
    if told.kind != row.wanted {
        faults.push(format!("{name}: wanted {}, got {}\n    {}", row.wanted, told.kind, told.text()));
    }
    if UNSPECIFIC.contains(&told.kind.as_str()) {
        faults.push(format!("{name}: {} names no fault", told.kind));
    }
    if told.kind != "passed" && (told.hint.is_empty() || told.message.is_empty()) {
        faults.push(format!("{name}: no sentence or no hint"));
    }
    if let Some(other) = result.others.first() {
        let times = result.others.len();
        faults.push(format!(
            "{name}: {times} of {} calls came to something else\n    first {} {}\n    other {} {}",
            row.times,
            told.kind,
            told.text(),
            other.kind,
            other.text()
        ));
    }
    faults
}

/// Different faults with the same text: a reader could not distinguish them.
fn shared_texts(results: &[Result]) -> Vec<String> {
    let mut by_text: BTreeMap<String, Vec<&Result>> = BTreeMap::new();
    for result in results {
        if let Some(told) = result.told.as_ref().filter(|told| told.kind != "passed") {
            by_text.entry(told.text()).or_default().push(result);
        }
    }
    let differ = |rows: &[&Result]| rows.iter().any(|result| result.row.alike != rows[0].row.alike);
    let shared = by_text.into_iter().filter(|(_, rows)| differ(rows));
    shared
        .map(|(text, rows)| {
            let names: Vec<_> = rows.iter().map(|result| format!("\n    {}", result.name())).collect();
            format!("these share their text: {text}{}", names.concat())
        })
        .collect()
}

fn shared_names(results: &[Result]) -> Vec<String> {
    let mut names: Vec<_> = results.iter().map(Result::name).collect();
    names.sort();
    let twice = names.windows(2).filter(|pair| pair[0] == pair[1]);
    twice.map(|pair| format!("{} is there twice", pair[0])).collect()
}
