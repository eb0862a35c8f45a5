//! The page of `inspect`: what is wrong and how to fix it, then what is in the file, as boxes in boxes.

use maud::{Markup, html};

use super::chain::tree;
use super::layout::{Banner, section, shown};
use crate::error::Exit;
use crate::inspect::{Finding, Inspection, Severity};
use crate::p12::anatomy::{Anatomy, Form};
use crate::view::inspection::{chain, described, protection};

/// All files, one below the other.
pub(super) fn body(inspections: &[Inspection]) -> Markup {
    html! { @for inspection in inspections { article { (file(inspection)) } } }
}

fn verdict(inspection: &Inspection) -> Banner {
    let worst = inspection.findings.first().map(|finding| finding.severity);
    match (inspection.exit, worst) {
        (Exit::Success, Some(Severity::Warning)) => Banner::Doubtful("Usable, with warnings"),
        (Exit::Success, _) => Banner::Passed("Nothing wrong"),
        (Exit::Status, _) if inspection.lacks_trust_only() => {
            Banner::Failed("Refused where only --trust counts")
        }
        (Exit::Status, _) => Banner::Failed("Will be refused"),
        _ => Banner::Failed("Cannot be used"),
    }
}

fn file(inspection: &Inspection) -> Markup {
    let verdict = verdict(inspection);
    html! {
        header.banner.{ (verdict.class()) } {
            p.sign aria-hidden="true" { (verdict.sign()) }
            div {
                h1 { (shown(&inspection.file)) }
                p.lead { (verdict.word()) }
                p.tags {
                    span { "exit " (inspection.exit as u8) }
                    @if let Some(kind) = inspection.kind { span { (kind) } }
                    @if let Some(producer) = &inspection.producer { span { "looks like " (shown(producer)) } }
                }
            }
        }
        (section("Findings", &findings(&inspection.findings)))
        @if let Some(anatomy) = &inspection.anatomy {
            (section("What is in the file", &boxes(anatomy)))
            @for key in &anatomy.keys { (section("Chain", &tree(&chain(anatomy, key)))) }
        }
    }
}

fn findings(findings: &[Finding]) -> Markup {
    html! {
        @for (severity, name, class) in SEVERITIES {
            @for finding in findings.iter().filter(|finding| finding.severity == severity) {
                div.finding.{ (class) } {
                    h3 { (name) ": " (finding.name.as_str()) }
                    p { (shown(&finding.what)) }
                    @if !finding.fix.is_empty() { p.advice { strong { "What to do: " } (shown(&finding.fix)) } }
                    @if let Some(command) = &finding.command { pre tabindex="0" { code { (shown(command)) } } }
                }
            }
        }
    }
}

const SEVERITIES: [(Severity, &str, &str); 3] = [
    (Severity::Error, "Error", "bad"),
    (Severity::Warning, "Warning", "doubtful"),
    (Severity::Note, "Note", "neutral"),
];

/// The file around its safes, keys and certificates.
fn boxes(anatomy: &Anatomy) -> Markup {
    html! {
        div.box {
            p { strong { "File" } " " span.note { (anatomy.size) " bytes, " (anatomy.form.to_string()) } }
            @if anatomy.form != Form::Loose {
                p { "MAC " span.note { (protection(anatomy.mac.as_ref(), "none")) } }
            }
            div.safes { @for safe in &anatomy.safes {
                div.box.safe { strong { "Safe" } " " span.note { (protection(safe.as_ref(), "not encrypted")) } }
            } }
            div.safes {
                @for key in &anatomy.keys {
                    div.box.key { strong { "Private key" } " " span.note { (shown(&described(key, anatomy.form))) } }
                }
                @for held in &anatomy.certificates {
                    div.box { strong { "Certificate" } " " span.note { (shown(&held.certificate.title())) } }
                }
            }
        }
    }
}
