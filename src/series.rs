//! Several calls with the same request, at each address or repeated: how often each outcome came, and how long it took.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use http::StatusCode;

use crate::error::{Error, Exit, Result};
use crate::evidence::Timings;

/// The calls that were made, in order.
#[derive(Debug, Clone, Default)]
pub struct Series {
    pub calls: Vec<FinishedCall>,
}

/// One of the calls, with its outcome.
#[derive(Debug, Clone)]
pub struct FinishedCall {
    /// The address that was called, with `--each-address`.
    pub address: Option<IpAddr>,
    /// The status of the answer, if one came.
    pub status: Option<StatusCode>,
    /// Bytes of the answer's body.
    pub size: u64,
    /// The SHA-256 of the body, in hex.
    pub sha256: Option<String>,
    /// How long each part took.
    pub timings: Timings,
    /// The verdict.
    pub result: Result<()>,
}

impl FinishedCall {
    /// The name of its kind; `passed` if it passed.
    pub fn kind_name(&self) -> &'static str {
        self.result.as_ref().map_or_else(|error| error.kind.name(), |()| "passed")
    }

    pub fn exit(&self) -> Exit {
        self.result.as_ref().map_or_else(|error| error.kind.exit(), |()| Exit::Success)
    }

    /// Calls with the same kind and status have the same outcome. Messages may differ by chance.
    fn outcome(&self) -> (&'static str, Option<StatusCode>) {
        (self.kind_name(), self.status)
    }
}

/// The calls, grouped by their outcome in the order in which it first came.
pub fn outcomes<'a>(calls: &[&'a FinishedCall]) -> Vec<Vec<&'a FinishedCall>> {
    let groups = grouped(calls.iter().copied(), FinishedCall::outcome);
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The calls of each key, in the order in which it first came.
fn grouped<'a, K: PartialEq>(
    calls: impl IntoIterator<Item = &'a FinishedCall>,
    key: impl Fn(&FinishedCall) -> K,
) -> Vec<(K, Vec<&'a FinishedCall>)> {
    let mut groups: Vec<(K, Vec<&FinishedCall>)> = Vec::new();
    for call in calls {
        let key = key(call);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(call),
            None => groups.push((key, vec![call])),
        }
    }
    groups
}

/// How long a part took in those of these calls that were answered: the smallest, the median and the largest time.
pub fn spread(calls: &[&FinishedCall], part: impl Fn(&Timings) -> Duration) -> Option<[Duration; 3]> {
    let answered = calls.iter().filter(|call| call.status.is_some());
    spread_of(answered.map(|call| part(&call.timings)).collect())
}

/// The median of an even number is the lower of the two in the middle. `None` for no durations.
fn spread_of(mut durations: Vec<Duration>) -> Option<[Duration; 3]> {
    durations.sort_unstable();
    let median = *durations.get(durations.len().saturating_sub(1) / 2)?;
    Some([*durations.first()?, median, *durations.last()?])
}

impl Series {
    pub fn all(&self) -> Vec<&FinishedCall> {
        self.calls.iter().collect()
    }

    /// The calls at each address, in order; all calls together without `--each-address`.
    pub fn by_address(&self) -> Vec<(Option<IpAddr>, Vec<&FinishedCall>)> {
        grouped(&self.calls, |call| call.address)
    }

    /// Whether all calls had the same outcome.
    pub fn is_alike(&self) -> bool {
        outcomes(&self.all()).len() <= 1
    }

    /// The addresses whose outcomes are not those of most others.
    pub fn different_addresses(&self) -> Vec<IpAddr> {
        let key = |calls: &[&FinishedCall]| calls.iter().map(|call| call.outcome()).collect::<BTreeSet<_>>();
        let keys: Vec<_> = self.by_address().iter().map(|(address, calls)| (*address, key(calls))).collect();
        let count = |wanted: &BTreeSet<_>| keys.iter().filter(|(_, key)| key == wanted).count();
        // Among groups of the same size, the first counts.
        let usual = keys.iter().map(|(_, key)| key).rev().max_by_key(|key| count(key));
        let different = keys.iter().filter(|(_, key)| Some(key) != usual);
        different.filter_map(|(address, _)| *address).collect()
    }

    /// The error of all calls together: that of the worst call. If the calls did not all fail in the same
    /// way, it says how many failed.
    #[must_use]
    pub fn explain(&self, mut worst: Error) -> Error {
        if self.is_alike() {
            return worst;
        }
        let (addresses, total) = (self.by_address(), self.calls.len());
        let failed = self.calls.iter().filter(|call| call.result.is_err()).count();
        let what = if addresses.len() == total { "addresses" } else { "calls" };
        let is_worst = |error: &Error| (error.kind, &error.message) == (worst.kind, &worst.message);
        let same = |call: &&FinishedCall| call.result.as_ref().is_err_and(is_worst);
        let address = self.calls.iter().find(same).and_then(|call| call.address);
        let address = address.map_or(String::new(), |address| format!("{address}: "));
        let advice = match self.different_addresses().is_empty() {
            false => "not all addresses behave alike: tell the endpoint's owner which ones differ",
            true => {
                "not all calls behave alike: several machines may answer under one address, so ask the endpoint's owner to compare them"
            }
        };
        let hint = format!("{advice}; {}", worst.hint());
        worst.message = format!("{failed} of {total} {what} failed; {address}{}", worst.message);
        worst.with_hint(hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let spread = |milliseconds: &[u64]| {
            let spread = spread_of(milliseconds.iter().copied().map(Duration::from_millis).collect())?;
            Some(spread.map(|duration| duration.as_millis()))
        };
        assert_eq!(spread(&[]), None);
        assert_eq!(spread(&[7]), Some([7, 7, 7]));
        assert_eq!(spread(&[9, 1, 5]), Some([1, 5, 9]));
        assert_eq!(spread(&[4, 3, 2, 1]), Some([1, 2, 4]));
    }
}
