//! The way of a call as a picture: who takes part, which steps it made, where it stopped, and how long each part took.

use std::time::Duration;

use maud::{Markup, html};

use super::layout::{bar, shown};
use crate::error::{Exit, Kind};
use crate::evidence::{Evidence, Message, Timings};
use crate::outcome::Outcome;
use crate::view::conclusion::file_name;
use crate::words::{counted, milliseconds};

struct Milestone {
    name: &'static str,
    done: bool,
    detail: String,
}

fn step(name: &'static str, done: bool, detail: impl Into<String>) -> Milestone {
    Milestone { name, done, detail: detail.into() }
}

pub(super) fn picture(outcome: &Outcome) -> Markup {
    let steps = steps(outcome);
    let looks = looks(&steps, outcome.result.is_err());
    html! {
        (route(outcome))
        ol.journey {
            @for (step, [class, sign, word]) in steps.iter().zip(looks) {
                li class=(class) {
                    span.dot aria-hidden="true" { (sign) }
                    span.step { (step.name) }
                    span.note {
                        span.{ (if step.done { "hidden" } else { "" }) } {
                            (word) @if !step.detail.is_empty() { ": " }
                        }
                        (shown(&step.detail))
                    }
                }
            }
        }
    }
}

/// From this machine to the endpoint.
fn route(outcome: &Outcome) -> Markup {
    let Some(evidence) = &outcome.evidence else { return Markup::default() };
    let submission = evidence.submission.as_ref();
    let stations = [
        Some(("this machine", String::new())),
        evidence.proxy.as_ref().map(|proxy| ("proxy", proxy.clone())),
        submission.map(|submission| ("platform", submission.host.clone())),
        Some(("endpoint", evidence.target.clone())),
    ];
    html! {
        ol.route { @for (name, address) in stations.into_iter().flatten() {
            li { strong { (name) } @if !address.is_empty() { " " span.note { (shown(&address)) } } }
        } }
    }
}

fn steps(outcome: &Outcome) -> Vec<Milestone> {
    let opened = outcome.p12.as_ref();
    let mut steps =
        vec![step("P12 opened", opened.is_some(), opened.map_or("", |opened| file_name(&opened.file)))];
    let nothing = Evidence::default();
    let evidence = outcome.evidence.as_ref().unwrap_or(&nothing);
    let address = evidence.address.map_or_else(String::new, |address| address.to_string());
    steps.push(step("Connected", evidence.address.is_some(), address));
    if evidence.submission.is_none() {
        let named = match evidence.requests.last().map(|request| request.issuers.len()) {
            None => String::new(),
            Some(0) => "no CA named".into(),
            Some(issuers) => format!("{} named", counted(issuers, "CA")),
        };
        let tls = evidence.tls.as_ref();
        steps.push(step("Certificate asked for", evidence.requested(), named));
        steps.push(step("Certificate sent", evidence.sent(), ""));
        steps.push(step("TLS established", tls.is_some(), tls.map_or("", |tls| tls.version.as_str())));
    }
    let answer = outcome.answer.as_ref();
    // What two routes differ in is no fault of this call.
    let compared = outcome.result.as_ref().is_err_and(|error| error.kind == Kind::RoutesDiffer);
    let failed = !compared && !matches!(outcome.exit(), Exit::Success | Exit::Untested);
    let detail = match (answer, evidence.alert()) {
        (Some(answer), _) => answer.head.describe_status(),
        (None, Some(code)) => Message::Alert(code).name(),
        (None, None) => String::new(),
    };
    steps.push(step("Answer", answer.is_some_and(|answer| answer.whole && !failed), detail));
    steps
}

/// The class in the style sheet, the sign and the word of each step. A failing call stops at the first step after the last
/// that was done.
fn looks(steps: &[Milestone], failed: bool) -> Vec<[&'static str; 3]> {
    let reached = steps.iter().rposition(|step| step.done).map_or(0, |last| last + 1);
    let look = |(at, step): (usize, &Milestone)| match step.done {
        true => ["good", "✓", "done"],
        // The call went on without it.
        false if at < reached => ["doubtful", "–", "did not happen"],
        false if at == reached && failed => ["bad", "✗", "stopped here"],
        false => ["unreached", "·", "not reached"],
    };
    steps.iter().enumerate().map(look).collect()
}

/// The phases one below the other, over the time of the whole call.
pub(super) fn waterfall(times: &Timings) -> Markup {
    let Timings { dns, connect, tls, first_byte, total, .. } = *times;
    if total.is_zero() {
        return Markup::default();
    }
    let begun = dns + connect + tls;
    let first = first_byte.unwrap_or(total).max(begun).min(total);
    let phases = [
        ("Name", Duration::ZERO, dns),
        ("Connect", dns, dns + connect),
        ("TLS", dns + connect, begun),
        ("Wait", begun, first),
        ("Answer", first, total),
    ];
    let row = |name: &str, from: Duration, to: Duration| {
        let bar = bar(from.div_duration_f64(total), to.div_duration_f64(total).min(1.0), "phase");
        html! { tr { th scope="row" { (name) } td.wide { (bar) } td.number { (milliseconds(to - from)) } } }
    };
    html! {
        table.waterfall { tbody {
            @for (name, from, to) in phases { @if to > from { (row(name, from, to)) } }
            tr { th scope="row" { "Total" } td.wide {} td.number { (milliseconds(total)) } }
        } }
    }
}
