//! The same request by both routes, side by side: is it treated alike, and what does a difference point to?

use std::collections::BTreeSet;
use std::time::Duration;

use http::StatusCode;

use crate::diagnosis;
use crate::error::{Error, Exit, Kind, Result};
use crate::evidence::Author;
use crate::response::Response;
use crate::scrub::header;

/// What came of one route.
#[derive(Debug)]
pub struct Outcome {
    answer: Option<Answered>,
    verdict: Result<()>,
    took: Duration,
}

#[derive(Debug)]
struct Answered {
    status: StatusCode,
    /// Without the fields that are for one connection, or for one moment.
    head: BTreeSet<String>,
    size: u64,
    sha256: String,
    author: Option<Author>,
}

impl Outcome {
    /// Of an answer whose body has ended, and the verdict on it.
    pub fn answered(response: &Response, verdict: Result<()>) -> Self {
        let evidence = response.evidence();
        let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))
        };
        let lasting = response.headers.iter().filter(|(name, _)| !PASSING.contains(&name.as_str()));
        let answer = Answered {
            status: response.status,
            head: lasting.map(line).collect(),
            size: evidence.received,
            sha256: response.sha256().unwrap_or_default(),
            author: evidence.submission.and_then(|submission| submission.author),
        };
        Self { answer: Some(answer), verdict, took: evidence.timings.total }
    }

    /// Of a route that brought no answer.
    pub fn failed(error: Error, took: Duration) -> Self {
        Self { answer: None, verdict: Err(error), took }
    }

    /// The answer, if it is the endpoint's or may be.
    fn of_endpoint(&self) -> Option<&Answered> {
        let own = |author: &Option<Author>| {
            matches!(author, Some(Author::Platform(_) | Author::PlatformOfRemote(_)))
        };
        self.answer.as_ref().filter(|answer| !own(&answer.author))
    }

    /// Whether an answer began and did not come whole.
    fn is_broken(&self) -> bool {
        self.answer.is_some()
            && self.verdict.as_ref().is_err_and(|error| error.kind.exit() == Exit::BrokenAnswer)
    }

    /// Whether the endpoint was called and gave no answer.
    fn without_answer(&self) -> bool {
        match (&self.answer, &self.verdict) {
            (Some(answer), _) => matches!(answer.author, Some(Author::PlatformOfRemote(_))),
            (None, Err(error)) => matches!(
                error.kind.exit(),
                Exit::Unreached | Exit::Untrusted | Exit::Refused | Exit::BrokenAnswer
            ),
            (None, Ok(())) => false,
        }
    }
}

/// Fields that differ from one connection or one moment to the next and say nothing of how it is treated.
const PASSING: &[&str] = &[
    "age",
    "connection",
    "content-length",
    "date",
    "expires",
    "keep-alive",
    "last-modified",
    "set-cookie",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A line of a head as it may be handed on; its value, from outside, in quotes.
fn shown(line: &str) -> String {
    let (name, value) = line.split_once(": ").unwrap_or((line, ""));
    format!("{name}: {:?}", header::shown(name, value))
}

/// Both routes.
#[derive(Debug)]
pub struct Comparison {
    /// From this machine.
    pub here: Outcome,
    /// By way of the platform.
    pub there: Outcome,
}

impl Comparison {
    /// Label, from here, by way of the platform.
    pub fn rows(&self) -> Vec<[String; 3]> {
        let cell = |outcome: &Outcome, text: fn(&Answered) -> String| {
            outcome.answer.as_ref().map_or_else(|| "-".to_owned(), text)
        };
        let status = |outcome: &Outcome| match (&outcome.answer, &outcome.verdict) {
            (None, Err(error)) => format!("no answer ({})", error.kind.name()),
            _ => cell(outcome, |answer| diagnosis::status(answer.status)),
        };
        let both = |label: &str, text: &dyn Fn(&Outcome) -> String| {
            [label.to_owned(), text(&self.here), text(&self.there)]
        };
        let mut rows = vec![
            ["".into(), "from here".into(), "by the platform".into()],
            both("status", &status),
            both("head", &|outcome| cell(outcome, |answer| format!("lasting fields: {}", answer.head.len()))),
            both("size", &|outcome| cell(outcome, |answer| format!("{} bytes", answer.size))),
            both("SHA-256", &|outcome| cell(outcome, |answer| format!("{:.24}…", answer.sha256))),
            both("time", &|outcome| format!("{:.1} ms", outcome.took.as_secs_f64() * 1000.0)),
        ];
        if let (Some(here), Some(there)) = (&self.here.answer, &self.there.answer) {
            let only = |line: &String| ["only here".to_owned(), shown(line), String::new()];
            rows.extend(here.head.difference(&there.head).map(only));
            let only = |line: &String| ["only there".to_owned(), String::new(), shown(line)];
            rows.extend(there.head.difference(&here.head).map(only));
        }
        rows
    }

    /// The local route's verdict, unless the two differ. Nothing can be compared with an answer that broke off.
    pub fn verdict(self) -> Result<()> {
        if self.here.is_broken() {
            return self.here.verdict;
        }
        match self.difference() {
            None => self.here.verdict,
            Some(difference) => {
                let message = format!("the two routes differ: {difference}");
                Err(Error::new(Kind::RoutesDiffer, message).with_hint(self.points_to()))
            }
        }
    }

    /// That the endpoint treats both alike, in a sentence; `None` when it does not.
    pub fn alike(&self) -> Option<&'static str> {
        if self.here.is_broken() || self.there.is_broken() || self.difference().is_some() {
            return None;
        }
        let author = self.there.answer.as_ref().and_then(|answer| answer.author.as_ref());
        Some(match (self.here.without_answer() && self.there.without_answer(), author) {
            (true, _) => "alike: neither from here nor by the platform does the endpoint give an answer",
            (false, Some(Author::Unclear(_))) => {
                "alike: both answers have the same status and the same body; whether the endpoint wrote both is not sure"
            }
            (false, _) => "alike: the endpoint gives both the same status and the same body",
        })
    }

    fn difference(&self) -> Option<String> {
        match (self.here.of_endpoint(), self.there.of_endpoint()) {
            (Some(_), Some(_)) if self.there.is_broken() => {
                Some(format!("a whole answer from here, and {}", self.why_not_there()))
            }
            (Some(here), Some(there)) if here.status != there.status => {
                Some(format!("{} from here, {} by the platform", here.status, there.status))
            }
            (Some(here), Some(there)) if here.sha256 != there.sha256 => {
                Some(format!("the same status {}, and another body", here.status))
            }
            (Some(_), Some(_)) => None,
            (Some(here), None) => Some(format!("{} from here, and {}", here.status, self.why_not_there())),
            (None, Some(there)) => Some(format!("no answer from here, {} by the platform", there.status)),
            (None, None) if self.here.without_answer() && self.there.without_answer() => None,
            (None, None) => Some(format!("no answer from here, and {}", self.why_not_there())),
        }
    }

    fn why_not_there(&self) -> String {
        self.there
            .verdict
            .as_ref()
            .map_or_else(|error| error.message.clone(), |()| "none by the platform".into())
    }

    /// The likeliest cause first.
    fn points_to(&self) -> String {
        let here = self.here.verdict.as_ref().err().map(|error| error.kind);
        let there = self.there.verdict.as_ref().err().map(|error| error.kind);
        let status = |outcome: &Outcome| outcome.of_endpoint().map(|answer| answer.status.as_u16());
        let text = match (here, there, status(&self.here), status(&self.there)) {
            (
                _,
                Some(
                    Kind::PlatformCredential
                    | Kind::PlatformForbidden
                    | Kind::PlatformRate
                    | Kind::PlatformLookup,
                ),
                ..,
            ) => {
                "the platform did not call the endpoint, so nothing is compared: mend what it says of itself first"
            }
            (_, Some(Kind::PlatformFailed), ..) => {
                "the platform cannot use this P12 or password, though it opens here: run inspect on it; old Java reads only 3DES and RC2"
            }
            (
                Some(Kind::ServerUntrusted | Kind::ServerSelfSigned | Kind::ServerChainIncomplete),
                _,
                None,
                Some(_),
            ) => "the platform trusts the endpoint's CA and this machine does not: give it by --cacert",
            (_, Some(Kind::PlatformRemote), Some(_), _) => {
                "either the endpoint lets only certain addresses in (ask for the platform's to be added), or the platform does not trust the endpoint's CA, or the endpoint does not send its intermediate certificate"
            }
            (Some(kind), _, None, Some(_)) if kind.exit() == Exit::Unreached => {
                "the endpoint lets the platform's addresses in and not this machine's; or a firewall or proxy here is in the way"
            }
            (_, _, Some(401 | 403), Some(_)) | (_, _, Some(_), Some(401 | 403)) => {
                "the endpoint lets one of the two in: an allow-list of addresses, or what the platform made of the authorization"
            }
            (_, _, Some(400 | 405 | 411 | 415 | 501), Some(_))
            | (_, _, Some(_), Some(400 | 405 | 411 | 415 | 501)) => {
                "the two requests may differ: name -X and --content-type, so that no default decides; or the platform sends a body in chunks"
            }
            (_, _, Some(a), Some(b)) if a == b => {
                "a body that changes with each call differs without meaning: compare two calls from here, too"
            }
            _ => {
                "an allow-list of addresses, another CA trusted on one side, or a default of method or content type; see both reports above"
            }
        };
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, sha256: &str, author: Option<Author>) -> Outcome {
        let status = StatusCode::from_u16(status).unwrap();
        let (head, sha256) = (BTreeSet::new(), sha256.to_owned());
        let answer = Answered { status, head, size: 1, sha256, author };
        Outcome { answer: Some(answer), verdict: Ok(()), took: Duration::ZERO }
    }

    #[test]
    fn the_same_status_and_body_are_alike() {
        let unclear = Some(Author::Unclear(String::new()));
        let same = Comparison { here: answered(200, "a", None), there: answered(200, "a", unclear.clone()) };
        assert!(same.alike().is_some() && same.verdict().is_ok());
        let other = Comparison { here: answered(200, "a", None), there: answered(200, "b", unclear) };
        assert_eq!(other.verdict().unwrap_err().kind, Kind::RoutesDiffer);
    }

    #[test]
    fn the_platforms_own_200_is_no_answer_of_the_endpoint() {
        let own = Some(Author::Platform(String::new()));
        let comparison = Comparison { here: answered(200, "a", None), there: answered(200, "a", own) };
        assert!(comparison.alike().is_none());
    }

    #[test]
    fn two_failures_are_alike_and_end_as_the_local_one() {
        let here = Outcome::failed(Error::new(Kind::ClientRefused, "x"), Duration::ZERO);
        let there = answered(424, "", Some(Author::PlatformOfRemote(String::new())));
        assert_eq!(Comparison { here, there }.verdict().unwrap_err().kind, Kind::ClientRefused);
    }
}
