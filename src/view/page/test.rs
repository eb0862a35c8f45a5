//! The page of one test: the verdict and what to do first, then what it rests on.

use maud::{Markup, html};

use super::chain::tree;
use super::journey;
use super::layout::{Banner, facts, section, shown};
use crate::compare::{Comparison, Row};
use crate::error::{Error, Exit};
use crate::evidence::{CertificateRequest, Evidence};
use crate::outcome::{Asked, Outcome};
use crate::shell;
use crate::view::conclusion::{self, Conclusion};
use crate::view::{series, text};

/// All between the head and the foot of the page.
pub(super) fn body(outcome: &Outcome) -> Markup {
    let evidence = outcome.evidence.as_ref();
    html! {
        (banner(outcome))
        (section("The way of the call", &journey::picture(outcome)))
        (section("Both routes", &outcome.comparison.as_ref().map(comparison).unwrap_or_default()))
        @if let Some(evidence) = evidence {
            (section("Time", &journey::waterfall(&evidence.timings)))
        }
        div.columns { (chains(outcome)) }
        @if let Some(evidence) = evidence {
            (section("CAs that the endpoint accepts", &accepted(evidence)))
        }
        (section("What was observed", &observed(outcome)))
        (section("To repeat it", &command(outcome)))
    }
}

pub(super) fn verdict(outcome: &Outcome) -> Banner {
    match outcome.exit() {
        Exit::Success => Banner::Passed("Passed"),
        Exit::Untested => Banner::Doubtful("Not tested"),
        Exit::Refused => Banner::Failed("Refused"),
        Exit::Unreached => Banner::Failed("Not reached"),
        _ => Banner::Failed("Failed"),
    }
}

/// Host and port, or the P12 where nothing was called.
pub(super) fn target(outcome: &Outcome) -> &str {
    conclusion::target(outcome).unwrap_or("p12-test")
}

fn banner(outcome: &Outcome) -> Markup {
    let verdict = verdict(outcome);
    let warnings = [outcome.warnings.clone(), outcome.observations()].concat();
    html! {
        header.banner.{ (verdict.class()) } {
            p.sign aria-hidden="true" { (verdict.sign()) }
            div {
                h1 { (verdict.word()) }
                p.lead { (shown(&sentence(outcome))) }
                @if let Err(error) = &outcome.result { (advice(error)) }
                p.tags {
                    span { (outcome.kind_name()) } span { "exit " (outcome.exit() as u8) }
                    @if let Some(request) = &outcome.request { span { (shown(&request.method)) " " (shown(&request.url)) } }
                }
            }
        }
        @if !warnings.is_empty() {
            ul.warnings { @for warning in &warnings { li { strong { "Warning: " } (shown(warning)) } } }
        }
    }
}

/// What it came to.
fn sentence(outcome: &Outcome) -> String {
    match &outcome.result {
        Err(error) => error.message.clone(),
        Ok(()) => Conclusion::of(outcome).map_or_else(String::new, |conclusion| conclusion.sentence),
    }
}

fn advice(error: &Error) -> Markup {
    html! { p.advice { strong { "What to do: " } (shown(error.hint())) } }
}

fn comparison(comparison: &Comparison) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Both routes" { table.compare {
            thead { tr { th scope="col" { "" span.hidden { "What" } } th scope="col" { "From here" } th scope="col" { "By the platform" } } }
            tbody { @for row in &comparison.rows {
                tr class=(if differs(row) { "differs" } else { "same" }) {
                    th scope="row" { (shown(row.label)) @if differs(row) { " " span.mark { "differs" } } }
                    td { (shown(&row.here)) } td { (shown(&row.there)) }
                }
            } }
        } }
        @if let Some(alike) = comparison.alike { p { (shown(alike)) } }
    }
}

fn differs(row: &Row) -> bool {
    row.weighs && row.here != row.there
}

fn chains(outcome: &Outcome) -> Markup {
    let ours: Vec<_> =
        outcome.p12.iter().flat_map(|opened| opened.leaf.iter().chain(&opened.chain)).collect();
    let theirs: Vec<_> = outcome.evidence.iter().flat_map(|evidence| &evidence.server_chain).collect();
    html! {
        (section("Certificates of the P12", &tree(&ours)))
        (section("Certificates of the endpoint", &tree(&theirs)))
    }
}

/// The most CAs that are shown at once.
const AT_ONCE: usize = 8;

fn accepted(evidence: &Evidence) -> Markup {
    let Some(request) = evidence.requests.last() else { return Markup::default() };
    let chain = evidence.ours.iter().chain(&evidence.our_chain);
    let ours: Vec<_> = chain.flat_map(|held| [held.issuer.as_str(), held.subject.as_str()]).collect();
    let (matching, others): (Vec<_>, Vec<_>) =
        request.issuers.iter().partition(|issuer| ours.contains(&issuer.as_str()));
    html! {
        p { (summary(request)) }
        ul.authorities {
            @for issuer in &matching { li.match { strong { (shown(issuer)) } " " span.mark { "leads to the P12" } } }
            @for issuer in others.iter().take(AT_ONCE) { li { (shown(issuer)) } }
        }
        @if others.len() > AT_ONCE {
            details {
                summary { (others.len() - AT_ONCE) " more" }
                ul.authorities { @for issuer in others.iter().skip(AT_ONCE) { li { (shown(issuer)) } } }
            }
        }
    }
}

fn summary(request: &CertificateRequest) -> &'static str {
    match request.ours_accepted {
        Some(true) => "The endpoint names a CA that the P12's chain leads to.",
        Some(false) => "None of these CAs is above the P12's certificate.",
        None => "The endpoint names no CA, so what it accepts cannot be seen from here.",
    }
}

/// The lines of the terminal, with all that `-v` adds.
fn observed(outcome: &Outcome) -> Markup {
    let Some(evidence) = &outcome.evidence else { return Markup::default() };
    let steps = text::steps(evidence);
    html! {
        (facts(text::observed(outcome, false)))
        @if let Some(series) = &outcome.series { (facts(series::lines(series))) }
        @if !steps.is_empty() {
            details { summary { "TLS messages" } ol.messages { @for (_, text) in &steps { li { (shown(text)) } } } }
        }
    }
}

fn command(outcome: &Outcome) -> Markup {
    let (Some(request), Some(opened)) = (&outcome.request, &outcome.p12) else { return Markup::default() };
    html! {
        pre tabindex="0" { code { (command_line(request, &opened.file)) } }
        p.note { "Add the options that say where the password is, which CAs to trust and how to get there. *** stands for what is secret." }
    }
}

fn command_line(request: &Asked, file: &str) -> String {
    let words = ["p12-test", "-v", "-X", &request.method, file, &request.url];
    words.map(|word| shown(&shell::quote_text(word))).join(" ")
}
