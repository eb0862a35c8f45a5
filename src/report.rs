//! One test as a document, to be read by programs and handed on: no secret is in it. Its schema is
//! `schemas/report-1.json`.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use crate::certificate;
use crate::compare::Comparison;
use crate::error::{Error, Exit, Result};
use crate::evidence::{Author, Evidence};
use crate::p12::P12;
use crate::request::Request;
use crate::response::Response;
use crate::route::Route;
use crate::scrub::{HIDDEN, header};

/// What is known so far.
#[derive(Debug, Default)]
pub struct Report {
    route: Option<&'static str>,
    request: Option<Value>,
    p12: Option<Value>,
    answer: Option<Value>,
    comparison: Option<Value>,
    evidence: Option<Evidence>,
    warnings: Vec<String>,
}

/// The name of the schema; another number means that something was taken away or changed its meaning.
pub const SCHEMA: &str = "p12-test/report-1";

impl Report {
    /// What is asked, and by which route.
    pub fn asked(&mut self, request: &Request, route: &Route) {
        self.route = Some(match route {
            Route::Local(_) => "local",
            Route::Platform(_) => "platform",
        });
        self.request = Some(json!({
            "url": header::without_values(request.url.as_str()),
            "method": request.method.as_str(),
            "headers": headers(&request.headers, false),
            "body": !request.body.is_empty(),
        }));
        self.warnings.extend(route.warnings());
    }

    /// What is in the P12.
    pub fn opened(&mut self, p12: &P12) {
        let chain = p12.chain().iter().map(|certificate| certificate::describe(certificate));
        self.p12 = Some(json!({
            "file": p12.file().name(),
            "alias": p12.alias(),
            "leaf": p12.leaf().map(certificate::describe),
            "chain": chain.collect::<Vec<_>>(),
        }));
        self.warnings.extend_from_slice(p12.warnings());
    }

    /// What came, as far as it came; `body` where it shall be in the document.
    pub fn answered(&mut self, response: &Response, body: Option<&[u8]>) {
        let evidence = response.evidence();
        self.answer = Some(json!({
            "status": response.status.as_u16(),
            "version": format!("{:?}", response.version),
            "headers": headers(&response.headers, true),
            "size": evidence.received,
            "sha256": response.sha256(),
            "trailers": evidence.trailers.len(),
            "body": body.map(text_or_base64),
        }));
        self.evidence = Some(evidence);
    }

    /// What did not stop the call and still deserves a word.
    pub fn warned(&mut self, warnings: Vec<String>) {
        self.warnings.extend(warnings);
    }

    /// What both routes came to.
    pub fn compared(&mut self, comparison: &Comparison) {
        let rows = comparison.rows().into_iter().skip(1);
        let rows = rows.map(|[label, here, there]| json!({ "what": label, "here": here, "platform": there }));
        self.comparison =
            Some(json!({ "alike": comparison.alike().is_some(), "rows": rows.collect::<Vec<_>>() }));
    }

    /// The document, with what it all came to.
    pub fn document(&self, outcome: &Result<()>) -> Value {
        let error = outcome.as_ref().err();
        let exit = error.map_or(Exit::Success, |error| error.kind.exit());
        let observed = error.and_then(|error| error.evidence.as_deref()).or(self.evidence.as_ref());
        let mut document = json!({
            "schema": SCHEMA,
            "program": { "version": env!("CARGO_PKG_VERSION"), "openssl": openssl::version::version() },
            "time": certificate::timestamp(),
            "verdict": match exit {
                Exit::Success => "passed",
                Exit::Untested => "untested",
                _ => "failed",
            },
            "kind": error.map_or("passed", |error| error.kind.name()),
            "exit": exit as u8,
            "message": error.map(|error| &error.message),
            "hint": error.map(Error::hint),
            "retry": error.map(|error| json!({ "advice": error.retry().name(), "after": error.retry_after })),
            "warnings": self.warnings,
            "route": self.route,
            "request": self.request,
            "p12": self.p12,
            "answer": self.answer,
            "comparison": self.comparison,
        });
        if let (Some(evidence), Value::Object(document)) = (observed, &mut document) {
            document.insert("evidence".into(), observed_facts(evidence));
            document.insert("timings".into(), timings(evidence));
        }
        document
    }
}

fn observed_facts(evidence: &Evidence) -> Value {
    let step = |step: &crate::evidence::Step| {
        let from = match step.from {
            crate::evidence::Side::Us => "us",
            crate::evidence::Side::Endpoint => "endpoint",
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
        "greeting": Some(String::from_utf8_lossy(&evidence.greeting)).filter(|text| !text.is_empty()),
        "certificate_requests": evidence.requests,
        "alert": evidence.alert().map(|code| crate::evidence::Message::Alert(code).name()),
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

fn timings(evidence: &Evidence) -> Value {
    let times = &evidence.timings;
    json!({
        "unit": "milliseconds",
        "dns": milliseconds(times.dns),
        "connect": milliseconds(times.connect),
        "tls": milliseconds(times.tls),
        "first_byte": milliseconds(times.first_byte),
        "total": milliseconds(times.total),
    })
}

/// To the microsecond.
fn milliseconds(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

/// Names with their values as they may be handed on. Of a request, those that may not are marked.
fn headers(headers: &HeaderMap, answer: bool) -> Vec<Value> {
    let shown = |(name, value): (&HeaderName, &HeaderValue)| {
        let (name, text) = (name.as_str(), String::from_utf8_lossy(value.as_bytes()));
        let text = match answer {
            true => header::shown(name, &text),
            false if value.is_sensitive() => HIDDEN.to_owned(),
            false => text.into_owned(),
        };
        json!([name, text])
    };
    headers.iter().map(shown).collect()
}

fn text_or_base64(body: &[u8]) -> Value {
    let mut object = Map::new();
    match std::str::from_utf8(body) {
        Ok(text) => object.insert("text".into(), text.into()),
        Err(_) => object.insert("base64".into(), openssl::base64::encode_block(body).into()),
    };
    object.into()
}
