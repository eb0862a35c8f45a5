//! A test as text for people: what was observed in about six labelled lines, what went wrong, and what to do.

use http::Version;

use super::conclusion::{Conclusion, Verdict};
use super::series;
use crate::answer::Answer;
use crate::compare::Comparison;
use crate::console::{Console, Detail, Paint};
use crate::error::{Error, Retry};
use crate::escape::escape;
use crate::evidence::{
    Author, Certificate, CertificateRequest, Control, Evidence, Session, Side, Staple, Step, Submission,
};
use crate::outcome::Outcome;
use crate::words::{counted, day, milliseconds};

/// A label and its text.
type LabelledLine = (&'static str, String);

/// Shows a whole test: the report or the comparison, and the error.
pub fn show(outcome: &Outcome, console: &Console) {
    match &outcome.comparison {
        Some(comparison) => console.write(&self::comparison(comparison, console)),
        None => report(outcome, console),
    }
    if let Some(series) = outcome.series.as_ref().filter(|_| console.detail >= Detail::Usual) {
        write_lines(series::lines(series), console);
    }
    if let (Err(error), true) = (&outcome.result, console.detail != Detail::Verdict) {
        failure(error, console);
    }
    conclusion(outcome, console);
}

/// The verdict in one line, the last of a test.
fn conclusion(outcome: &Outcome, console: &Console) {
    let conclusion = Conclusion::of(outcome).filter(|_| console.detail >= Detail::Verdict);
    if let Some(Conclusion { verdict, sentence }) = conclusion {
        let label = match verdict {
            Verdict::Passed => (Paint::Good, "ok:"),
            Verdict::PassedWithWarnings => (Paint::Warning, "ok:"),
            Verdict::NotTested => (Paint::Warning, "not tested:"),
            Verdict::Failed => (Paint::Error, "failed:"),
        };
        console.write_labelled(label, &sentence);
    }
}

fn write_lines(lines: impl IntoIterator<Item = LabelledLine>, console: &Console) {
    for (label, text) in lines {
        console.write_labelled((Paint::Dim, &format!("{label:<9}")), &text);
    }
}

/// Shows what was observed, and the answer if it is complete.
pub fn report(outcome: &Outcome, console: &Console) {
    if console.detail >= Detail::Usual {
        write_lines(observed(outcome, console.detail == Detail::Verbose), console);
    }
    if outcome.answer.as_ref().is_some_and(|answer| answer.whole) {
        console.warn(&outcome.observations());
    }
}

/// Shows what went wrong and what to do, even with `--quiet`.
pub fn failure(error: &Error, console: &Console) {
    console.write_labelled((Paint::Error, "error:"), &error.message);
    console.write_labelled((Paint::Hint, "hint: "), error.hint());
    if let Some(advice) = retry_advice(error) {
        console.write_labelled((Paint::Hint, "retry:"), &advice);
    }
}

/// The advice on trying again; `None` if it does not help.
fn retry_advice(error: &Error) -> Option<String> {
    let when = error.retry_after.as_ref().map_or(String::new(), |after| match after.text().parse::<u64>() {
        Ok(seconds) => format!(", after {seconds} s (Retry-After)"),
        Err(_) => format!(", after {after:?} (Retry-After)"),
    });
    match error.retry() {
        Retry::Never => None,
        Retry::IfIdempotent => Some(format!(
            "it may help{when}; the request may have been acted on, so only if it may be repeated"
        )),
        Retry::Yes => Some(format!("it may help{when}; nothing was acted on")),
    }
}

/// Both routes side by side, with a last line if they are alike.
fn comparison(comparison: &Comparison, console: &Console) -> String {
    if console.detail < Detail::Usual {
        return String::new();
    }
    let head = [["", "from here", "by the platform"].map(str::to_owned)];
    let rows = comparison.rows.iter();
    let rows = rows.map(|row| [row.label.to_owned(), escape(&row.here), escape(&row.there)]);
    let rows: Vec<_> = head.into_iter().chain(rows).collect();
    let width = rows.iter().map(|[_, here, _]| here.chars().count()).max().unwrap_or_default();
    let row = |[label, here, there]: &[String; 3]| {
        let label = console.paint(Paint::Dim, &format!("{label:<10}"));
        format!("{}\n", format!("{label} {here:<width$}  {there}").trim_end())
    };
    let alike = comparison.alike.map(|sentence| format!("{sentence}\n"));
    rows.iter().map(row).chain(alike).collect()
}

/// What was observed, and the answer if it is complete; everything with `verbose`.
pub(super) fn observed(outcome: &Outcome, verbose: bool) -> Vec<LabelledLine> {
    let Some(evidence) = &outcome.evidence else { return Vec::new() };
    let mut lines = if verbose { steps(evidence) } else { Vec::new() };
    lines.extend(call(evidence, verbose));
    let whole = outcome.answer.as_ref().filter(|answer| answer.whole);
    lines.extend(whole.map(|whole| ("answer", answer(whole, evidence))));
    lines
}

/// The call up to the answer.
fn call(evidence: &Evidence, verbose: bool) -> Vec<LabelledLine> {
    let mut lines = Vec::new();
    lines.extend(evidence.ours.as_ref().map(|ours| ("P12", certificate(ours))));
    if let Some(submission) = &evidence.submission {
        lines.push(("platform", platform(evidence, submission)));
        lines.extend(submission.author.as_ref().map(|who| ("author", author(&evidence.target, who))));
        return lines;
    }
    if verbose {
        let failed = evidence.failed_addresses.iter();
        lines.extend(failed.map(|(address, reason)| ("tried", format!("{address}: {reason}"))));
    }
    lines.extend(evidence.address.map(|_| ("endpoint", endpoint(evidence))));
    if verbose {
        lines.extend(evidence.server_chain.iter().map(|c| ("chain", certificate(c))));
    }
    lines.extend(evidence.tls.as_ref().map(|tls| ("TLS", session(tls))));
    if evidence.tls.is_some() || evidence.requested() {
        lines.push(("client", client(evidence)));
    }
    if verbose {
        lines.extend(accepted(evidence));
        lines.extend(evidence.trailers.iter().map(|trailer| ("trailer", format!("{trailer:?}"))));
        lines.extend(evidence.write_failure.iter().map(|why| ("sending", format!("broke off: {why}"))));
    }
    lines.extend(evidence.control.as_ref().map(|control| ("control", without(control))));
    lines
}

pub(super) fn session(tls: &Session) -> String {
    let alpn = tls.alpn.as_deref().unwrap_or("no protocol chosen by ALPN");
    format!("{}, {}, {alpn}", tls.version, tls.cipher)
}

pub(super) fn certificate(c: &Certificate) -> String {
    let Certificate { issuer, not_before, not_after, days_left, not_yet_valid, .. } = c;
    let validity = match (not_yet_valid, days_left) {
        (true, _) => format!("not valid before {not_before}"),
        (_, days) if *days < 0 => format!("expired {not_after}"),
        (_, 0) => format!("until {not_after} UTC ({})", c.distance()),
        (_, days) => format!("until {} ({})", day(not_after), counted(days.unsigned_abs(), "day")),
    };
    format!("{}; issued by {issuer}; {validity}", c.title())
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
        Author::Unclear(why) => format!("{target} or the platform: {why}"),
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
        (None, Some(leaf)) => format!("; {}, trusted", leaf.title()),
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

fn accepted(evidence: &Evidence) -> Vec<LabelledLine> {
    let Some(last) = evidence.requests.last() else { return Vec::new() };
    let mut lines: Vec<_> = last.issuers.iter().map(|issuer| ("accepts", issuer.clone())).collect();
    lines.push(("signed by", last.algorithms.join(", ")));
    lines
}

fn without(control: &Control) -> String {
    match control {
        Control::Answered(status) => format!("without the certificate the endpoint answered {status}"),
        Control::Insisted(why) => format!("without the certificate: {why}"),
        Control::Failed(why) => format!("without the certificate nothing was learnt: {why}"),
    }
}

/// Status, size and times of an answer.
fn answer(answer: &Answer, evidence: &Evidence) -> String {
    let times = &evidence.timings;
    let status = match answer.head.version {
        Version::HTTP_09 => "no HTTP".into(),
        _ => answer.head.describe_status(),
    };
    let status = match answer.head.redirect() {
        Some(place) => format!("{status} to {place}"),
        None => status,
    };
    let [dns, connect, tls, first, total] =
        [times.dns, times.connect, times.tls, times.first_byte.unwrap_or_default(), times.total]
            .map(milliseconds);
    let before = match &evidence.submission {
        Some(Submission { found_by: Some(_), .. }) => format!("lookup {dns}, "),
        Some(_) => String::new(),
        None => format!("DNS {dns}, connect {connect}, TLS {tls}, "),
    };
    format!("{status}; {} bytes; {total} ({before}first byte {first})", evidence.received)
}

/// Each message of the handshake with its time.
pub(super) fn steps(evidence: &Evidence) -> Vec<LabelledLine> {
    let arrow = |side| match side {
        Side::Us => "→",
        Side::Endpoint => "←",
    };
    let text = |step: &Step| format!("{} {} {}", arrow(step.from), step.what.name(), milliseconds(step.at));
    evidence.steps.iter().map(|step| ("step", text(step))).collect()
}
