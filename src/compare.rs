//! The same request by both routes: are the answers alike, and what can be the cause of a difference?

use std::collections::BTreeSet;
use std::time::Duration;

use crate::answer::Answer;
use crate::error::{Error, Exit, Kind, Result};
use crate::evidence::{Author, Evidence};
use crate::words::milliseconds;

/// The outcome of one route.
#[derive(Debug, Clone, Copy)]
pub struct RouteResult<'a> {
    /// The answer, if there was one.
    pub answer: Option<&'a Answer>,
    /// What was observed, if the call began.
    pub evidence: Option<&'a Evidence>,
    pub result: &'a Result<()>,
}

impl<'a> RouteResult<'a> {
    fn author(&self) -> Option<&'a Author> {
        self.evidence?.submission.as_ref()?.author.as_ref()
    }

    /// The answer, unless it is certainly the platform's own.
    fn endpoints_answer(&self) -> Option<&'a Answer> {
        let own = matches!(self.author(), Some(Author::Platform(_) | Author::PlatformOfRemote(_)));
        self.answer.filter(|_| !own)
    }

    /// Whether an answer began but is incomplete.
    fn is_broken(&self) -> bool {
        self.answer.is_some()
            && self.result.as_ref().is_err_and(|error| error.kind.exit() == Exit::BrokenAnswer)
    }

    /// Whether the endpoint was called and gave no answer.
    fn lacks_answer(&self) -> bool {
        match (self.answer, self.result) {
            (Some(_), _) => matches!(self.author(), Some(Author::PlatformOfRemote(_))),
            (None, Err(error)) => matches!(
                error.kind.exit(),
                Exit::Unreached | Exit::Untrusted | Exit::Refused | Exit::BrokenAnswer
            ),
            (None, Ok(())) => false,
        }
    }

    fn received(&self) -> u64 {
        self.evidence.map_or(0, |evidence| evidence.received)
    }
}

/// The lines of a head, without fields that differ with each connection or moment.
fn lasting(answer: &Answer) -> BTreeSet<(&str, &[u8])> {
    let lasting = answer.head.headers.iter().filter(|(name, _)| !PASSING.contains(&name.as_str()));
    lasting.map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

/// Fields that differ with each connection or moment, and say nothing about how the endpoint treats the call.
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
    "x-request-id",
];

/// A row: the same fact for both routes.
#[derive(Debug, Clone)]
pub struct Row {
    pub label: &'static str,
    /// From this machine.
    pub here: String,
    /// Through the platform.
    pub there: String,
    /// Whether a difference deserves a look; times always differ.
    pub weighs: bool,
}

#[derive(Debug, Clone)]
pub struct Comparison {
    pub rows: Vec<Row>,
    /// A sentence that the endpoint treats both alike; `None` if it does not.
    pub alike: Option<&'static str>,
}

#[derive(Debug, Clone, Copy)]
pub struct BothRoutes<'a> {
    /// From this machine.
    pub here: RouteResult<'a>,
    /// Through the platform.
    pub there: RouteResult<'a>,
}

impl BothRoutes<'_> {
    pub fn compare(&self) -> Comparison {
        Comparison { rows: self.rows(), alike: self.alike() }
    }

    fn rows(&self) -> Vec<Row> {
        let cell = |route: &RouteResult<'_>, text: &dyn Fn(&Answer) -> String| {
            route.answer.map_or_else(|| "-".to_owned(), text)
        };
        let status = |route: &RouteResult<'_>| match (route.answer, route.result) {
            (None, Err(error)) => format!("no answer ({})", error.kind.name()),
            _ => cell(route, &|answer| answer.head.describe_status()),
        };
        let row = |label, text: &dyn Fn(&RouteResult<'_>) -> String| Row {
            label,
            here: text(&self.here),
            there: text(&self.there),
            weighs: true,
        };
        let digest = |answer: &Answer| format!("{:.24}…", answer.sha256.as_deref().unwrap_or_default());
        let total = |route: &RouteResult<'_>| {
            milliseconds(route.evidence.map_or(Duration::ZERO, |evidence| evidence.timings.total))
        };
        let mut rows = vec![
            row("status", &status),
            row("head", &|route| cell(route, &|answer| format!("lasting fields: {}", lasting(answer).len()))),
            row("size", &|route| cell(route, &|_| format!("{} bytes", route.received()))),
            row("SHA-256", &|route| cell(route, &digest)),
            Row { weighs: false, ..row("time", &total) },
        ];
        if let (Some(here), Some(there)) = (self.here.answer, self.there.answer) {
            let (left, right) = (lasting(here), lasting(there));
            let only = |label, here, there| Row { label, here, there, weighs: true };
            let none = String::new;
            let shown = |answer: &Answer, (name, value): &(&str, &[u8])| {
                format!("{name}: {:?}", answer.head.shown(name, value))
            };
            rows.extend(left.difference(&right).map(|line| only("only here", shown(here, line), none())));
            rows.extend(right.difference(&left).map(|line| only("only there", none(), shown(there, line))));
        }
        rows
    }

    /// The local route's verdict, unless the two differ. An answer that broke off is not compared.
    ///
    /// # Errors
    /// The local route's own error, or `routes-differ`.
    pub fn verdict(&self) -> Result<()> {
        match self.difference() {
            Some(difference) if !self.here.is_broken() => {
                let message = format!("the two routes differ: {difference}");
                Err(Error::new(Kind::RoutesDiffer, message).with_hint(self.points_to()))
            }
            _ => self.here.result.clone(),
        }
    }

    fn alike(&self) -> Option<&'static str> {
        if self.here.is_broken() || self.there.is_broken() || self.difference().is_some() {
            return None;
        }
        Some(match (self.here.lacks_answer() && self.there.lacks_answer(), self.there.author()) {
            (true, _) => "alike: neither from here nor by the platform does the endpoint give an answer",
            (false, Some(Author::Unclear(_))) => {
                "alike: both answers have the same status and the same body; whether the endpoint wrote both is not sure"
            }
            (false, _) => "alike: the endpoint gives both the same status and the same body",
        })
    }

    fn difference(&self) -> Option<String> {
        let (here, there) = (self.here.endpoints_answer(), self.there.endpoints_answer());
        let status = |answer: &Answer| answer.head.status;
        match (here, there) {
            (Some(_), Some(_)) if self.there.is_broken() => {
                Some(format!("a whole answer from here, and {}", self.why_not_there()))
            }
            (Some(here), Some(there)) if status(here) != status(there) => {
                Some(format!("{} from here, {} by the platform", status(here), status(there)))
            }
            (Some(here), Some(there)) if here.sha256 != there.sha256 => {
                Some(format!("the same status {}, and another body", status(here)))
            }
            (Some(_), Some(_)) => None,
            (Some(here), None) => Some(format!("{} from here, and {}", status(here), self.why_not_there())),
            (None, Some(there)) => Some(format!("no answer from here, {} by the platform", status(there))),
            (None, None) if self.here.lacks_answer() && self.there.lacks_answer() => None,
            (None, None) => Some(format!("no answer from here, and {}", self.why_not_there())),
        }
    }

    fn why_not_there(&self) -> String {
        let result = self.there.result.as_ref();
        result.map_or_else(|error| error.message.clone(), |()| "none by the platform".into())
    }

    /// The hint on a difference: the most likely cause first.
    fn points_to(&self) -> &'static str {
        let here = self.here.result.as_ref().err().map(|error| error.kind);
        let there = self.there.result.as_ref().err().map(|error| error.kind);
        let status =
            |route: &RouteResult<'_>| route.endpoints_answer().map(|answer| answer.head.status.as_u16());
        match (here, there, status(&self.here), status(&self.there)) {
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
                "the platform did not call the endpoint, so nothing is compared: fix what it says of itself first"
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Submission;
    use crate::exchange::Head;

    fn answered(status: u16, sha256: &str) -> Option<Answer> {
        let answer = http::Response::builder().status(status).body(()).unwrap();
        let head = Head::new(answer.into_parts().0, Vec::new(), &Default::default());
        Some(Answer { sha256: Some(sha256.to_owned()), ..Answer::new(head, false) })
    }

    fn by_platform(author: Author) -> Evidence {
        let submission =
            Submission { host: String::new(), found_by: None, account: String::new(), author: Some(author) };
        Evidence { submission: Some(submission), ..Evidence::default() }
    }

    /// Whether the two sides are alike, and the kind of the verdict.
    fn compare(here: (Option<Answer>, Result<()>), there: (Option<Answer>, Author)) -> (bool, Option<Kind>) {
        let evidence = by_platform(there.1);
        let both = BothRoutes {
            here: RouteResult { answer: here.0.as_ref(), evidence: None, result: &here.1 },
            there: RouteResult { answer: there.0.as_ref(), evidence: Some(&evidence), result: &Ok(()) },
        };
        (both.compare().alike.is_some(), both.verdict().err().map(|error| error.kind))
    }

    #[test]
    fn the_same_status_and_body_are_alike() {
        let unclear = || Author::Unclear(String::new());
        let here = || (answered(200, "a"), Ok(()));
        assert_eq!(compare(here(), (answered(200, "a"), unclear())), (true, None));
        assert_eq!(compare(here(), (answered(200, "b"), unclear())), (false, Some(Kind::RoutesDiffer)));
    }

    #[test]
    fn the_platforms_own_200_is_no_answer_of_the_endpoint() {
        let there = (answered(200, "a"), Author::Platform(String::new()));
        assert!(!compare((answered(200, "a"), Ok(())), there).0);
    }

    #[test]
    fn two_failures_are_alike_and_end_as_the_local_one() {
        let here = (None, Err(Error::new(Kind::ClientRefused, "x")));
        let there = (answered(424, ""), Author::PlatformOfRemote(String::new()));
        assert_eq!(compare(here, there), (true, Some(Kind::ClientRefused)));
    }
}
