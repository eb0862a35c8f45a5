//! The line that answers the question of a test: does this P12 get through to this endpoint?

use std::ffi::OsStr;
use std::path::Path;

use crate::compare::Comparison;
use crate::error::{Error, Exit, Kind};
use crate::evidence::{Author, Control, Evidence, Staple};
use crate::outcome::Outcome;
use crate::words::counted;

/// Whether the question was answered, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It gets through.
    Passed,
    /// It gets through, and something deserves a look.
    PassedWithWarnings,
    /// The question stays open.
    NotTested,
    /// It does not get through.
    Failed,
}

/// The verdict, and the sentence that says what it rests on.
pub(super) struct Conclusion {
    pub(super) verdict: Verdict,
    pub(super) sentence: String,
}

impl Conclusion {
    /// `None` if there was no test: the command line is wrong, this machine failed, or the user ended it.
    pub(super) fn of(outcome: &Outcome) -> Option<Self> {
        match &outcome.result {
            Ok(()) => Some(Self::of_success(outcome)),
            Err(error) if matches!(error.kind.exit(), Exit::Usage | Exit::Machine | Exit::Interrupted) => {
                None
            }
            Err(error) => {
                let evidence = outcome.evidence.as_ref();
                let (verdict, sentence) = explain_failure(error, &Facts::of(outcome), evidence);
                Some(Self { verdict, sentence: format!("{sentence} ({})", error.kind.name()) })
            }
        }
    }

    fn of_success(outcome: &Outcome) -> Self {
        let facts = Facts::of(outcome);
        let warnings = outcome.warnings.len() + outcome.observations().len();
        let nothing = Evidence::default();
        let evidence = outcome.evidence.as_ref().unwrap_or(&nothing);
        let open = unproved(evidence, &facts);
        let sentence = [
            Some(explain_success(outcome, evidence, &facts)),
            (warnings > 0).then(|| format!("with {}", counted(warnings, "warning"))),
            (!open.is_empty()).then(|| format!("not proved: {}", open.join(", and "))),
        ];
        let doubtful = warnings > 0 || !proves_the_p12(evidence);
        Self {
            verdict: if doubtful { Verdict::PassedWithWarnings } else { Verdict::Passed },
            sentence: sentence.into_iter().flatten().collect::<Vec<_>>().join("; "),
        }
    }
}

/// Who takes part in a test, and what was answered.
struct Facts<'a> {
    file: &'a str,
    target: &'a str,
    status: String,
    /// Whether the answer speaks against the certificate, in spite of its status.
    contradicts: bool,
}

impl<'a> Facts<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        Self {
            file: outcome.p12.as_ref().map_or("the P12", |opened| file_name(&opened.file)),
            target: target(outcome).unwrap_or("the endpoint"),
            status: outcome.answer.as_ref().map_or_else(String::new, |answer| answer.head.describe_status()),
            contradicts: outcome.contradiction().is_some(),
        }
    }
}

/// Host and port, or the URL where nothing was called.
pub(super) fn target(outcome: &Outcome) -> Option<&str> {
    let target = outcome.evidence.as_ref().map(|evidence| evidence.target.as_str());
    let url = outcome.request.as_ref().map(|request| request.url.as_str());
    target.filter(|target| !target.is_empty()).or(url)
}

/// The name of a file without its folder.
pub(super) fn file_name(path: &str) -> &str {
    Path::new(path).file_name().and_then(OsStr::to_str).unwrap_or(path)
}

fn explain_success(outcome: &Outcome, evidence: &Evidence, facts: &Facts<'_>) -> String {
    let Facts { file, target, status, .. } = facts;
    if facts.contradicts {
        return format!("{target} answered {status}, and says something against the certificate");
    }
    if let Some(Comparison { alike: Some(alike), .. }) = &outcome.comparison {
        return format!("{file} gets through to {target}, answered {status}; the two routes are {alike}");
    }
    let calls = outcome.series.as_ref().map_or(1, |series| series.calls.len());
    let times = if calls > 1 { format!(" in all {calls} calls") } else { String::new() };
    match &evidence.submission {
        Some(_) if proves_the_p12(evidence) => {
            format!("{file} gets through to {target} from the platform: answered {status}")
        }
        Some(_) => format!("the platform took {file} and answered {status}"),
        None if !evidence.sent() => format!("{target} answered {status}"),
        None => {
            let insists = matches!(evidence.control, Some(Control::Insisted(_) | Control::Answered(_)));
            let asked = if insists { "asked for and insisted on" } else { "asked for" };
            format!("{file} gets through to {target}{times}: {asked}, sent, answered {status}")
        }
    }
}

/// Whether the answer is the endpoint's, to a call in which it got the certificate.
fn proves_the_p12(evidence: &Evidence) -> bool {
    match &evidence.submission {
        Some(submission) => matches!(submission.author, Some(Author::Remote(_))),
        None => evidence.sent(),
    }
}

/// What a success leaves open.
fn unproved(evidence: &Evidence, facts: &Facts<'_>) -> Vec<String> {
    let mut open = Vec::new();
    if facts.contradicts {
        open.push(format!("that {} gets through", facts.file));
    }
    match &evidence.submission {
        Some(_) => {
            if !proves_the_p12(evidence) {
                open.push(format!("that this is the answer of {}", facts.target));
            }
            open.push("that the endpoint asked for the certificate (--compare shows it)".into());
        }
        None if !evidence.sent() => open.push(format!("anything about {}", facts.file)),
        None if evidence.control.is_none() => {
            open.push("that the endpoint insists on a certificate (--control shows it)".into());
        }
        None => {}
    }
    if evidence.distrust.is_some() || matches!(evidence.staple, Some(Staple::Revoked(_))) {
        open.push(format!("that this was {} (-k)", facts.target));
    }
    open
}

fn explain_failure(error: &Error, facts: &Facts<'_>, evidence: Option<&Evidence>) -> (Verdict, String) {
    let Facts { file, target, status, .. } = facts;
    let sent = evidence.is_some_and(Evidence::sent);
    let tried = if sent { Verdict::Failed } else { Verdict::NotTested };
    match error.kind.exit() {
        Exit::Refused => (Verdict::Failed, format!("{file} does not get through to {target}")),
        Exit::Untested => {
            (Verdict::NotTested, format!("{target} answered {status}, which proves nothing about {file}"))
        }
        Exit::P12 => (Verdict::NotTested, format!("{file} cannot be used")),
        Exit::Unreached => match evidence.is_some_and(|evidence| evidence.tls.is_some()) {
            true => (tried, format!("no answer from {target}")),
            false => (tried, format!("no TLS connection to {target}")),
        },
        Exit::Untrusted => (tried, format!("the certificate of {target} is not trusted here")),
        Exit::BrokenAnswer => (Verdict::Failed, format!("no complete answer from {target}")),
        Exit::Platform if error.kind == Kind::PlatformRemote => {
            (Verdict::Failed, format!("{file} does not get through to {target} from the platform"))
        }
        Exit::Platform => (Verdict::NotTested, format!("the platform passed no answer of {target} on")),
        _ if error.kind == Kind::RoutesDiffer => {
            (Verdict::Failed, format!("the two routes to {target} differ"))
        }
        _ if sent => (Verdict::Failed, format!("asked for, sent, but {target} answered {status}")),
        _ => (Verdict::Failed, format!("{target} answered {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_on_with_k_proves_nothing_about_the_endpoint() {
        let facts = Facts { file: "c.p12", target: "api:443", status: String::new(), contradicts: false };
        let doubts =
            |evidence: &Evidence| unproved(evidence, &facts).contains(&"that this was api:443 (-k)".into());
        let untrusted = Evidence { distrust: Some("expired".into()), ..Evidence::default() };
        let revoked = Evidence { staple: Some(Staple::Revoked("today".into())), ..Evidence::default() };
        let good = Evidence { staple: Some(Staple::Good), ..Evidence::default() };
        assert_eq!([untrusted, revoked, good].map(|evidence| doubts(&evidence)), [true, true, false]);
    }
}
