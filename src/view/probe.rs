//! What `probe` found, for people and as JSON. Its schema is `schemas/probe-1.json`.

use serde_json::{Value, json};

use super::text::{certificate, session};
use crate::certificate::timestamp;
use crate::escape::{ascii, escape};
use crate::evidence::CertificateRequest;
use crate::exchange::describe_status;
use crate::probe::{FileIdentity, Insistence, Probe};

/// The name of the schema. Its number changes when a field is removed or changes its meaning.
const SCHEMA: &str = "p12-test/probe-1";

/// The result in labelled lines.
pub fn text(probe: &Probe) -> String {
    let line = |(label, text): (&str, String)| format!("{label:<12} {}\n", escape(&text));
    let (evidence, mut lines) = (&probe.evidence, Vec::new());
    let address = evidence.address.map_or(String::new(), |address| format!(" at {}", address.ip()));
    lines.push(("endpoint", format!("{}{address}", evidence.target)));
    lines.extend(evidence.tls.iter().map(|tls| ("TLS", session(tls))));
    lines.extend(evidence.server_chain.iter().map(|link| ("server", certificate(link))));
    if !evidence.server_chain.is_empty() {
        let trust = evidence.distrust.as_ref().map(|fault| format!("NOT trusted: {fault}"));
        lines.push(("trust", trust.unwrap_or_else(|| "trusted".into())));
    }
    match evidence.requests.as_slice() {
        [] if probe.status.is_some() => lines.push(("asks", "for no certificate".into())),
        requests => requests.iter().for_each(|request| lines.extend(describe(request))),
    }
    lines.extend(without(probe).map(|without| ("without one", without)));
    lines.extend(summary(&probe.verdict).map(|summary| ("verdict", summary.to_owned())));
    lines.extend(probe.files.iter().map(|file| candidate(file, &probe.files)));
    lines.into_iter().map(line).collect()
}

fn describe(request: &CertificateRequest) -> Vec<(&'static str, String)> {
    let stage = match request.stage.name() {
        "handshake" => "in the handshake".to_owned(),
        stage => format!("by {stage}, after the request"),
    };
    let mut lines = vec![("asks", format!("for a certificate, {stage}"))];
    match request.issuers.as_slice() {
        [] => lines.push(("accepts", "CAs that it does not name".into())),
        issuers => lines.extend(issuers.iter().map(|issuer| ("accepts", issuer.clone()))),
    }
    lines.push(("signatures", request.algorithms.join(", ")));
    lines
}

fn without(probe: &Probe) -> Option<String> {
    match (&probe.verdict, probe.status) {
        (Insistence::Failed(_), _) => None,
        (_, Some(status)) => Some(format!("answered {}", describe_status(status))),
        (Insistence::Insists(why), None) => Some(format!("refused: {why}")),
        _ => None,
    }
}

fn summary(verdict: &Insistence) -> Option<&'static str> {
    match verdict {
        Insistence::Insists(_) => Some("it asks for a client certificate and insists on it"),
        Insistence::LetsIn => Some("it asks for a client certificate and does not insist on it"),
        Insistence::DoesNotAsk => Some("it asks for no client certificate"),
        Insistence::Failed(_) => None,
    }
}

/// The alias is shown if a file has several keys.
fn candidate(candidate: &FileIdentity, all: &[FileIdentity]) -> (&'static str, String) {
    let several = all.iter().filter(|other| other.file == candidate.file).count() > 1;
    let alias = candidate.alias.as_ref().filter(|_| several);
    let alias = alias.map_or(String::new(), |alias| format!(" ({alias})"));
    let name = format!("{}{alias}", candidate.file);
    match (&candidate.leaf, candidate.reasons.as_slice()) {
        (Some(leaf), []) => ("fits", format!("{name}: {}", certificate(leaf))),
        (_, reasons) => ("does not", format!("{name}: {}", reasons.join("; "))),
    }
}

/// The result as a JSON document.
pub fn json(probe: &Probe) -> String {
    let evidence = &probe.evidence;
    let (verdict, error) = match &probe.verdict {
        Insistence::Insists(_) => ("insists", None),
        Insistence::LetsIn => ("lets-in", None),
        Insistence::DoesNotAsk => ("does-not-ask", None),
        Insistence::Failed(error) => ("failed", Some(error)),
    };
    let request = |request: &CertificateRequest| json!({ "stage": request.stage, "issuers": request.issuers, "algorithms": request.algorithms });
    let file = |file: &FileIdentity| {
        let FileIdentity { file, alias, leaf, reasons } = file;
        json!({ "file": file, "alias": alias, "leaf": leaf, "fits": reasons.is_empty(), "reasons": reasons })
    };
    let document: Value = json!({
        "schema": SCHEMA,
        "program": { "version": env!("CARGO_PKG_VERSION"), "openssl": openssl::version::version() },
        "time": timestamp(),
        "verdict": verdict,
        "exit": probe.exit() as u8,
        "kind": error.map(|error| error.kind.name()),
        "message": error.map(|error| &error.message),
        "hint": error.map(|error| error.hint()),
        "target": evidence.target,
        "address": evidence.address,
        "tls": evidence.tls,
        "server_chain": evidence.server_chain,
        "distrust": evidence.distrust,
        "requests": evidence.requests.iter().map(request).collect::<Vec<_>>(),
        "without": without(probe),
        "status": probe.status.map(|status| status.as_u16()),
        "files": probe.files.iter().map(file).collect::<Vec<_>>(),
    });
    ascii(&format!("{document:#}\n"))
}
