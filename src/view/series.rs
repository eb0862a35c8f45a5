//! Several calls for people: a line for each address or outcome, and whether they are alike.

use crate::exchange::describe_status;
use crate::series::{FinishedCall, Series, outcomes, spread};
use crate::words::milliseconds;

/// The lines, each with its label.
pub fn lines(series: &Series) -> Vec<(&'static str, String)> {
    let addresses = series.by_address();
    let names: Vec<_> =
        addresses.iter().map(|(address, _)| address.map_or(String::new(), |ip| format!("{ip}  "))).collect();
    let width = names.iter().map(String::len).max().unwrap_or_default();
    let mut lines = Vec::new();
    for ((address, calls), name) in addresses.iter().zip(&names) {
        let label = if address.is_some() { "address" } else { "calls" };
        let groups = outcomes(calls);
        lines.extend(
            groups.iter().map(|group| (label, format!("{name:<width$}{}", describe(group, calls.len())))),
        );
    }
    lines.push(("verdict", verdict(series)));
    lines
}

fn describe(group: &[&FinishedCall], of: usize) -> String {
    let count = if of > 1 { format!("{} of {of}: ", group.len()) } else { String::new() };
    let what = group.first().map_or(String::new(), |call| match (&call.result, call.status) {
        (Ok(()), Some(status)) => describe_status(status),
        (Ok(()), None) => "passed".into(),
        (Err(error), _) => format!("{}: {}", error.kind.name(), error.message),
    });
    let time = match spread(group, |timings| timings.total).map(|times| times.map(milliseconds)) {
        None => String::new(),
        Some([_, median, _]) if group.len() == 1 => format!("; {median}"),
        Some([min, median, max]) => format!("; median {median} ({min} to {max})"),
    };
    format!("{count}{what}{time}")
}

fn verdict(series: &Series) -> String {
    let (addresses, calls) = (series.by_address(), series.calls.len());
    let by_address = addresses.iter().any(|(address, _)| address.is_some());
    let different: Vec<_> = series.different_addresses().iter().map(ToString::to_string).collect();
    match (series.is_alike(), different.len()) {
        (true, _) if by_address => format!("alike at all {} addresses", addresses.len()),
        (true, _) => format!("alike in all {calls} calls"),
        (false, 0) => format!("{} different outcomes in {calls} calls", outcomes(&series.all()).len()),
        (false, count) => {
            let differ = if count == 1 { "differs" } else { "differ" };
            let others = match addresses.len() - count {
                1 => "other address".to_owned(),
                others => format!("other {others} addresses"),
            };
            format!("{} {differ} from the {others}", different.join(", "))
        }
    }
}
