//! A test as a JSON document, for programs and tickets: it holds no secret. Its schema is
//! `schemas/report-1.json`.

use std::time::Duration;

use serde_json::{Value, json};

use super::format::{Tested, View};
use crate::answer::Answer;
use crate::certificate;
use crate::compare::Comparison;
use crate::error::{Error, Exit};
use crate::escape::ascii;
use crate::evidence::{Author, Evidence, Message, Part, Side, Step, Timings};
use crate::foreign::Foreign;
use crate::outcome::{Asked, Opened, Outcome};
use crate::series::{FinishedCall, Series, outcomes, spread};

/// The name of the schema. Its number changes when a field is removed or changes its meaning.
pub const SCHEMA: &str = "p12-test/report-1";

/// NDJSON: one report per line, with the record's id and line.
pub struct Lines;

impl View for Lines {
    fn add(&mut self, tested: &Tested, _: u64) -> String {
        let mut document = document(&tested.outcome);
        if let Value::Object(fields) = &mut document {
            fields.insert("id".into(), tested.id.as_str().into());
            fields.insert("line".into(), tested.line.into());
        }
        ascii(&format!("{document}\n"))
    }
}

/// The document of one test, indented for people.
pub fn pretty(outcome: &Outcome) -> String {
    ascii(&format!("{:#}\n", document(outcome)))
}

fn document(outcome: &Outcome) -> Value {
    let error = outcome.result.as_ref().err();
    let exit = outcome.exit();
    let warnings = [outcome.warnings.clone(), outcome.observations()].concat();
    let mut document = json!({
        "schema": SCHEMA,
        "program": { "version": env!("CARGO_PKG_VERSION"), "openssl": openssl::version::version() },
        "time": certificate::timestamp(),
        "verdict": match exit {
            Exit::Success => "passed",
            Exit::Untested => "untested",
            _ => "failed",
        },
        "kind": outcome.kind_name(),
        "exit": exit as u8,
        "message": error.map(|error| &error.message),
        "hint": error.map(Error::hint),
        "retry": error.map(|error| json!({ "advice": error.retry().name(), "after": error.retry_after })),
        "warnings": warnings,
        "route": outcome.request.as_ref().map(|request| request.route),
        "request": outcome.request.as_ref().map(request),
        "p12": outcome.p12.as_ref().map(p12),
        "answer": outcome.answer.as_ref().map(|shown| answer(shown, outcome.evidence.as_ref())),
        "series": outcome.series.as_ref().map(series),
        "comparison": outcome.comparison.as_ref().map(comparison),
    });
    if let (Some(evidence), Value::Object(document)) = (&outcome.evidence, &mut document) {
        document.insert("evidence".into(), observed_facts(evidence));
        document.insert("timings".into(), timings(|part| milliseconds(part(&evidence.timings)).into()));
    }
    document
}

fn request(request: &Asked) -> Value {
    let Asked { url, method, headers, body, .. } = request;
    json!({ "url": url, "method": method, "headers": headers, "body": body })
}

fn p12(opened: &Opened) -> Value {
    let Opened { file, alias, leaf, chain } = opened;
    json!({ "file": file, "alias": alias, "leaf": leaf, "chain": chain })
}

fn answer(answer: &Answer, evidence: Option<&Evidence>) -> Value {
    let head = &answer.head;
    json!({
        "status": head.status.as_u16(),
        "reason": head.reason,
        "redirect": head.redirect(),
        "version": format!("{:?}", head.version),
        "headers": head.shown_fields(),
        "size": evidence.map(|evidence| evidence.received),
        "sha256": answer.sha256,
        "trailers": evidence.map(|evidence| evidence.trailers.len()),
        "body": answer.body.as_ref().map(text_or_base64),
    })
}

fn comparison(comparison: &Comparison) -> Value {
    let rows = comparison.rows.iter();
    let rows = rows.map(|row| json!({ "what": row.label, "here": row.here, "platform": row.there }));
    json!({ "alike": comparison.alike.is_some(), "rows": rows.collect::<Vec<_>>() })
}

fn series(series: &Series) -> Value {
    let call = |call: &FinishedCall| {
        json!({
            "address": call.address,
            "kind": call.kind_name(),
            "exit": call.exit() as u8,
            "message": call.result.as_ref().err().map(|error| &error.message),
            "status": call.status.map(|status| status.as_u16()),
            "size": call.size,
            "sha256": call.sha256,
            "timings": timings(|part| milliseconds(part(&call.timings)).into()),
        })
    };
    let all = series.all();
    let outcome = |group: Vec<&FinishedCall>| {
        let first = group.first()?;
        let (kind, exit) = (first.kind_name(), first.exit() as u8);
        let status = first.status.map(|status| status.as_u16());
        Some(json!({ "count": group.len(), "kind": kind, "exit": exit, "status": status }))
    };
    let part = |part: Part| {
        let [min, median, max] = spread(&all, part)?.map(milliseconds);
        Some(json!({ "min": min, "median": median, "max": max }))
    };
    json!({
        "alike": series.is_alike(),
        "outcomes": outcomes(&all).into_iter().filter_map(outcome).collect::<Vec<_>>(),
        "timings": timings(|time| part(time).into()),
        "calls": series.calls.iter().map(call).collect::<Vec<_>>(),
    })
}

fn observed_facts(evidence: &Evidence) -> Value {
    let step = |step: &Step| {
        let from = match step.from {
            Side::Us => "us",
            Side::Endpoint => "endpoint",
        };
        json!({ "at": milliseconds(step.at), "from": from, "what": step.what.name() })
    };
    let failed =
        evidence.failed_addresses.iter().map(|(address, why)| json!({ "address": address, "reason": why }));
    json!({
        "target": evidence.target,
        "address": evidence.address,
        "proxy": evidence.proxy,
        "failed_addresses": failed.collect::<Vec<_>>(),
        "tls": evidence.tls,
        "server_chain": evidence.server_chain,
        "distrust": evidence.distrust,
        "staple": evidence.staple,
        "greeting": Some(&evidence.greeting).filter(|greeting| !greeting.bytes().is_empty()),
        "certificate_requests": evidence.requests,
        "alert": evidence.alert().map(|code| Message::Alert(code).name()),
        "end": evidence.end,
        "write_failure": evidence.write_failure,
        "received": evidence.received,
        "control": evidence.control,
        "steps": evidence.steps.iter().map(step).collect::<Vec<_>>(),
        "platform": evidence.submission.as_ref().map(|submission| json!({
            "host": submission.host,
            "found_by": submission.found_by,
            "account": submission.account,
            "author": submission.author.as_ref().map(author),
        })),
    })
}

fn author(author: &Author) -> Value {
    let (who, signal) = match author {
        Author::Remote(signal) => ("endpoint", signal),
        Author::PlatformOfRemote(signal) => ("platform-of-endpoint", signal),
        Author::Platform(signal) => ("platform", signal),
        Author::Unclear(signal) => ("unclear", signal),
    };
    json!({ "who": who, "signal": signal })
}

/// What `show` makes of each part of a call.
fn timings(show: impl Fn(Part) -> Value) -> Value {
    let parts = Timings::PARTS.map(|(name, part)| (name, show(part)));
    [("unit", "milliseconds".into())].into_iter().chain(parts).collect()
}

/// Rounded to the microsecond.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

fn text_or_base64(body: &Foreign) -> Value {
    match std::str::from_utf8(body.bytes()) {
        Ok(_) => json!({ "text": body }),
        Err(_) => json!({ "base64": body.map(|_| openssl::base64::encode_block(body.bytes())) }),
    }
}
