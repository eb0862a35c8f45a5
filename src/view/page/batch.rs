//! The page of a batch. Each result is written as its test ends and forgotten, so what is known at the end only, such as
//! the counts, stands below in the file; the style sheet shows it on top.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use maud::{Markup, html};

use super::chain::class;
use super::documents::Documents;
use super::layout::{Banner, bar, begin, end, facts, section, shown};
use super::test;
use crate::error::Result;
use crate::view::format::{Summary, Tested, View};
use crate::view::json::Lines;
use crate::view::text;
use crate::words::milliseconds;

const SCRIPT: &str = include_str!("batch.js");

/// What is counted until the end.
#[derive(Default)]
pub struct Page {
    kinds: BTreeMap<&'static str, u64>,
    passed: u64,
    untested: u64,
    /// The certificates that expire next: days left and subject, with the number of the first test.
    expiring: BTreeMap<(i32, String), u64>,
    /// The slowest tests: time, number, id.
    slowest: BTreeSet<(Duration, u64, String)>,
    documents: Documents,
}

/// How many of the slowest and of those that expire next are shown.
const SHOWN: usize = 12;

impl View for Page {
    fn begin(&self) -> String {
        begin("Batch", Some(SCRIPT)) + "<div class=\"results\" id=\"results\">\n"
    }

    fn add(&mut self, tested: &Tested, number: u64) -> String {
        self.count(tested, number);
        self.documents.add(&Lines.add(tested, number));
        result(tested, number).into_string() + "\n"
    }

    fn end(&mut self, count: u64, took: Duration) -> Result<String> {
        let page = html! {
            div.summary.stack {
                (self.banner(count, took))
                div.columns {
                    (section("Certificates that expire next", &self.expiries()))
                    (section("Slowest tests", &self.slow()))
                }
            }
            (filter())
            (self.documents.link())
        };
        Ok(format!("</div>\n{}{}", page.into_string(), end(Some(SCRIPT))))
    }
}

impl Page {
    fn count(&mut self, tested: &Tested, number: u64) {
        let outcome = &tested.outcome;
        *self.kinds.entry(outcome.kind_name()).or_default() += 1;
        match test::verdict(outcome) {
            Banner::Passed(_) => self.passed += 1,
            Banner::Doubtful(_) => self.untested += 1,
            Banner::Failed(_) => {}
        }
        let leaf = outcome.p12.as_ref().and_then(|opened| opened.leaf.as_ref());
        if let Some(leaf) = leaf {
            self.expiring.entry((leaf.days_left, leaf.title().into_owned())).or_insert(number);
            if self.expiring.len() > SHOWN {
                self.expiring.pop_last();
            }
        }
        if let Some(evidence) = &outcome.evidence {
            self.slowest.insert((evidence.timings.total, number, tested.id.clone()));
            if self.slowest.len() > SHOWN {
                self.slowest.pop_first();
            }
        }
    }

    fn banner(&self, count: u64, took: Duration) -> Markup {
        let failed = count - self.passed - self.untested;
        let verdict = match (failed, self.untested) {
            (0, 0) => Banner::Passed("All pass"),
            (0, _) => Banner::Doubtful("Not all are tested"),
            _ => Banner::Failed("Not all pass"),
        };
        html! {
            header.banner.{ (verdict.class()) } {
                p.sign aria-hidden="true" { (verdict.sign()) }
                div {
                    h1 { (verdict.word()) }
                    p.lead { (self.passed) " of " (count) " tests passed, in " (format!("{:.1} s", took.as_secs_f64())) }
                    ul.counts {
                        li { strong.good { (self.passed) } "passed" }
                        li { strong.bad { (failed) } "failed" }
                        @if self.untested > 0 { li { strong.doubtful { (self.untested) } "not tested" } }
                    }
                    p.tags { @for (kind, count) in &self.kinds { span { (count) " " (kind) } } }
                }
            }
        }
    }

    /// On a line of a year.
    fn expiries(&self) -> Markup {
        let row = |((days, subject), number): (&(i32, String), &u64)| {
            let part = (f64::from(*days) / 365.0).clamp(0.0, 1.0);
            html! {
                tr {
                    th scope="row" { a href={ "#t" (number) } { (shown(subject)) } (bar(0.0, part, class(*days))) }
                    td.number { @if *days < 0 { "expired" } @else if *days == 0 { "less than a day" } @else { (days) " days" } }
                }
            }
        };
        html! { @if !self.expiring.is_empty() { table.ranking { tbody { @for held in &self.expiring { (row(held)) } } } } }
    }

    fn slow(&self) -> Markup {
        let longest = self.slowest.last().map_or(1.0, |(took, ..)| took.as_secs_f64()).max(f64::EPSILON);
        html! {
            @if !self.slowest.is_empty() { table.ranking { tbody {
                @for (took, number, id) in self.slowest.iter().rev() {
                    tr {
                        th scope="row" {
                            a href={ "#t" (number) } { (shown(id)) }
                            (bar(0.0, took.as_secs_f64() / longest, "phase"))
                        }
                        td.number { (milliseconds(*took)) }
                    }
                }
            } } }
        }
    }
}

/// Works with the script only, so that shows it.
fn filter() -> Markup {
    html! {
        div.filter #filter hidden {
            label { "Find " input #find type="search"; }
            label { "Show " select #show {
                option value="" { "all" }
                option value="bad" { "failed" }
                option value="doubtful" { "not tested" }
                option value="good" { "passed" }
            } }
            label { "Sort by " select #sort {
                option value="number" { "end of test" }
                option value="id" { "id" }
                option value="kind" { "kind" }
                option value="host" { "host" }
                option value="time" { "time, slowest first" }
            } }
            p role="status" { span #count {} }
        }
    }
}

/// A line that opens: the short of it, then what was observed and what to do.
fn result(tested: &Tested, number: u64) -> Markup {
    let (outcome, verdict) = (&tested.outcome, test::verdict(&tested.outcome));
    let Summary { kind, what, hint, total, .. } = Summary::of(outcome);
    let seconds = total.as_secs_f64();
    html! {
        details.result.{ (verdict.class()) } id={ "t" (number) } data-time=(format!("{seconds:.6}")) {
            summary {
                span { (verdict.sign()) span.hidden { (verdict.word()) } }
                strong { (shown(&tested.id)) }
                span { (kind) }
                span.note { (shown(test::target(outcome))) }
                span.number { @if outcome.evidence.is_some() { (milliseconds(total)) } }
            }
            p { (shown(&what)) }
            @if !hint.is_empty() { p.advice { strong { "What to do: " } (shown(hint)) } }
            (facts(text::observed(outcome, false)))
        }
    }
}
