//! The report: what was observed, in about six labelled lines.

use std::time::Duration;

use http::Version;

use crate::diagnosis::{self, client};
use crate::evidence::{Author, Certificate, CertificateRequest, Control, Evidence, Side, Staple, Submission};
use crate::response::Response;

/// A label and what it says.
pub(super) type Line = (String, String);

fn line(label: &str, text: String) -> Line {
    (label.to_owned(), text)
}

/// What was seen up to the answer; with `verbose` all of it.
pub(super) fn observed(evidence: &Evidence, verbose: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    lines.extend(evidence.ours.as_ref().map(|ours| line("P12", certificate(ours))));
    if let Some(submission) = &evidence.submission {
        lines.push(line("platform", platform(evidence, submission)));
        lines.extend(submission.author.as_ref().map(|who| line("author", author(&evidence.target, who))));
        return lines;
    }
    if verbose {
        let failed = evidence.failed_addresses.iter();
        lines.extend(failed.map(|(address, reason)| line("tried", format!("{address}: {reason}"))));
    }
    lines.extend(evidence.address.map(|_| line("endpoint", endpoint(evidence))));
    if verbose {
        lines.extend(evidence.server_chain.iter().map(|c| line("chain", certificate(c))));
    }
    if let Some(tls) = &evidence.tls {
        let alpn = tls.alpn.as_deref().unwrap_or("no protocol chosen by ALPN");
        lines.push(line("TLS", format!("{}, {}, {alpn}", tls.version, tls.cipher)));
        lines.push(line("client", client(evidence)));
    } else if evidence.requested() {
        lines.push(line("client", client(evidence)));
    }
    if verbose {
        lines.extend(accepted(evidence));
        lines.extend(evidence.trailers.iter().map(|trailer| line("trailer", format!("{trailer:?}"))));
        lines.extend(evidence.write_failure.iter().map(|why| line("sending", format!("broke off: {why}"))));
    }
    lines.extend(evidence.control.as_ref().map(|control| line("control", without(control))));
    lines
}

fn certificate(c: &Certificate) -> String {
    let Certificate { subject, issuer, not_before, not_after, days_left, not_yet_valid, .. } = c;
    let validity = match (not_yet_valid, days_left) {
        (true, _) => format!("not valid before {not_before}"),
        (_, days) if *days < 0 => format!("expired {not_after}"),
        (_, days) => format!("until {} ({days} days)", not_after.split(' ').next().unwrap_or_default()),
    };
    format!("{subject}; issued by {issuer}; {validity}")
}

fn platform(evidence: &Evidence, submission: &Submission) -> String {
    let Submission { host, found_by, account, .. } = submission;
    let at = evidence.address.map_or(String::new(), |address| format!(" at {}", address.ip()));
    let found = found_by.as_ref().map_or(String::new(), |api| format!(", found by {api}"));
    format!("{host}{at}{found}; account {account}; asked to call {}", evidence.target)
}

fn author(target: &str, author: &Author) -> String {
    match author {
        Author::Remote(signal) => format!("{target}, passed on by the platform: {signal}"),
        Author::PlatformOfRemote(message) => format!("the platform, of {target}: {message}"),
        Author::Platform(signal) => format!("the platform itself: {signal}"),
        Author::Unclear(why) => format!("cannot be told apart, {target} or the platform: {why}"),
    }
}

fn endpoint(evidence: &Evidence) -> String {
    let way = match (&evidence.proxy, evidence.address) {
        (Some(proxy), _) => format!(" through the proxy {proxy}"),
        (None, Some(address)) => format!(" at {}", address.ip()),
        (None, None) => String::new(),
    };
    let trust = match (&evidence.distrust, evidence.server_chain.first()) {
        (Some(fault), _) => format!("; its certificate is NOT trusted: {fault}"),
        (None, Some(leaf)) => format!("; {}, trusted", leaf.subject),
        (None, None) => String::new(),
    };
    let staple = match &evidence.staple {
        Some(Staple::Good) => "; not revoked, by its OCSP status".into(),
        Some(Staple::Revoked(when)) => format!("; REVOKED since {when}, by its OCSP status"),
        Some(Staple::Unusable(why)) => format!("; its OCSP status says nothing: {why}"),
        None => String::new(),
    };
    format!("{}{way}{trust}{staple}", evidence.target)
}

fn client(evidence: &Evidence) -> String {
    match evidence.requests.as_slice() {
        [] => "no certificate was asked for".into(),
        requests => requests.iter().map(asked).collect::<Vec<_>>().join("; "),
    }
}

fn asked(request: &CertificateRequest) -> String {
    let sent = match request.sent {
        Some(true) => "and sent",
        Some(false) => "and none was sent",
        None => "and not yet answered",
    };
    let among = match (request.ours_accepted, request.issuers.len()) {
        (Some(true), named) => format!("; its issuer is among the {named} accepted"),
        (Some(false), named) => format!("; its issuer is NOT among the {named} accepted"),
        (None, _) if request.sent.is_none() => String::new(),
        (None, _) => "; no accepted issuers named".into(),
    };
    format!("certificate asked for ({}) {sent}{among}", request.stage.name())
}

fn accepted(evidence: &Evidence) -> Vec<Line> {
    let Some(last) = evidence.requests.last() else { return Vec::new() };
    let mut lines: Vec<_> = last.issuers.iter().map(|issuer| line("accepts", issuer.clone())).collect();
    lines.push(line("signed by", last.algorithms.join(", ")));
    lines
}

fn without(control: &Control) -> String {
    match control {
        Control::Answered(status) => format!("without the certificate the endpoint answered {status}"),
        Control::Insisted(why) => format!("without the certificate: {why}"),
        Control::Failed(why) => format!("without the certificate nothing was learnt: {why}"),
    }
}

/// The status, the size, the time.
pub(super) fn answer(response: &Response, evidence: &Evidence) -> Line {
    let times = &evidence.timings;
    let status = match response.version {
        Version::HTTP_09 => "no HTTP".into(),
        _ => diagnosis::status(response.status),
    };
    if evidence.submission.is_some() {
        let (total, first) = (milliseconds(times.total), milliseconds(times.first_byte));
        let looked_up = evidence.submission.as_ref().is_some_and(|submission| submission.found_by.is_some());
        let lookup = if looked_up { format!("lookup {}, ", milliseconds(times.dns)) } else { String::new() };
        let text = format!("{status}; {} bytes; {total} ({lookup}first byte {first})", evidence.received);
        return line("answer", text);
    }
    let text = format!(
        "{status}; {} bytes; {} (DNS {}, connect {}, TLS {}, first byte {})",
        evidence.received,
        milliseconds(times.total),
        milliseconds(times.dns),
        milliseconds(times.connect),
        milliseconds(times.tls),
        milliseconds(times.first_byte),
    );
    line("answer", text)
}

/// Each message of the handshake with its time.
pub(super) fn steps(evidence: &Evidence) -> Vec<Line> {
    let arrow = |side| match side {
        Side::Us => "→",
        Side::Endpoint => "←",
    };
    let text = |step: &crate::evidence::Step| {
        format!("{} {} {}", arrow(step.from), step.what.name(), milliseconds(step.at))
    };
    evidence.steps.iter().map(|step| line("step", text(step))).collect()
}

/// What did not stop the call and still deserves a word.
pub(super) fn warnings(evidence: &Evidence) -> Vec<String> {
    let mut warnings: Vec<_> = client::refused_elsewhere(evidence).into_iter().collect();
    let soon = |ours: &&Certificate| !ours.not_yet_valid && (0..30).contains(&ours.days_left);
    if let Some(ours) = evidence.ours.as_ref().filter(soon) {
        warnings.push(format!("the P12's certificate expires in {} days", ours.days_left));
    }
    if let Some(fault) = &evidence.distrust {
        warnings.push(format!("the endpoint's certificate is not trusted ({fault}); -k went on"));
    }
    if let Some(Staple::Revoked(when)) = &evidence.staple {
        warnings.push(format!("the endpoint's certificate is revoked since {when}; -k went on"));
    }
    warnings
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}
