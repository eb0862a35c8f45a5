//! One call: the request, the P12, what was observed, the answer, and the result.

use std::net::IpAddr;
use std::sync::Arc;

use crate::answer::Answer;
use crate::certificate;
use crate::compare::{Comparison, RouteResult};
use crate::diagnosis::{client, clock, framing, given, login, page, server};
use crate::error::{Error, Exit, Result};
use crate::evidence::{Certificate, Evidence, Staple, Timings};
use crate::exchange::Started;
use crate::foreign::{HIDDEN, KnownSecrets, header};
use crate::p12::P12;
use crate::request::Request;
use crate::route::Route;
use crate::series::{FinishedCall, Series};
use crate::sink::Sink;
use crate::verdict::{self, Terms};

/// One call. Its facts are filled in as they become known, and `result` when the call has ended. What the
/// call did not reach stays `None`. Holds no secret.
#[derive(Debug)]
pub struct Outcome {
    /// What was asked.
    pub request: Option<Asked>,
    pub p12: Option<Opened>,
    /// Warnings about the route and the P12.
    pub warnings: Vec<String>,
    pub evidence: Option<Evidence>,
    pub answer: Option<Answer>,
    /// All calls, where several were made; the facts above are then those of the worst.
    pub series: Option<Series>,
    /// The comparison of both routes, with `--compare`.
    pub comparison: Option<Comparison>,
    /// The verdict.
    pub result: Result<()>,
    /// The secrets that text from outside must not show.
    pub known: Arc<KnownSecrets>,
}

/// The request, without its secrets.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `local` or `platform`.
    pub route: &'static str,
    /// The URL without the values of its query.
    pub url: String,
    pub method: String,
    /// The headers, with `***` for secret values.
    pub headers: Vec<(String, String)>,
    /// Whether a body was sent.
    pub body: bool,
}

/// The contents of the P12.
#[derive(Debug, Clone)]
pub struct Opened {
    pub file: String,
    /// The friendly name of the key.
    pub alias: Option<String>,
    /// The certificate of the key; `None` if the file was not opened here.
    pub leaf: Option<Certificate>,
    /// The certificates that go with it, its issuer first.
    pub chain: Vec<Certificate>,
}

impl Default for Outcome {
    fn default() -> Self {
        Self {
            request: None,
            p12: None,
            warnings: Vec::new(),
            evidence: None,
            answer: None,
            series: None,
            comparison: None,
            result: Ok(()),
            known: Arc::default(),
        }
    }
}

impl From<Error> for Outcome {
    /// The outcome of a test that could not begin.
    fn from(error: Error) -> Self {
        Self { result: Err(error), ..Self::default() }
    }
}

impl Outcome {
    pub fn add_request(&mut self, request: &Request, route: &Route) {
        let shown = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            (name.to_string(), if value.is_sensitive() { HIDDEN.to_owned() } else { text.into_owned() })
        };
        self.request = Some(Asked {
            route: route.name(),
            url: header::without_values(request.url.as_str()),
            method: request.method.to_string(),
            headers: request.headers.iter().map(shown).collect(),
            body: !request.body.is_empty(),
        });
        self.warnings.extend(route.warnings());
        self.learn(request.secrets().into_iter().chain(route.secrets()));
    }

    pub fn add_p12(&mut self, p12: &P12) {
        self.p12 = Some(Opened {
            file: p12.file().name().to_owned(),
            alias: p12.alias().map(str::to_owned),
            leaf: p12.leaf().map(certificate::describe),
            chain: p12.chain().iter().map(|certificate| certificate::describe(certificate)).collect(),
        });
        self.warnings.extend_from_slice(p12.warnings());
        self.learn(p12.passwords());
    }

    /// Adds secrets that text from outside must not show.
    pub fn learn(&mut self, secrets: impl IntoIterator<Item = crate::secret::Secret>) {
        let known = Arc::make_mut(&mut self.known);
        secrets.into_iter().for_each(|secret| known.learn(&secret));
    }

    /// Reads the answer of a call to its end, into `sink`, and judges it.
    ///
    /// # Errors
    /// Why the call could not begin, the verdict of the whole call, or a failure to write the answer.
    pub async fn receive(&mut self, started: Result<Started>, terms: &Terms, sink: &mut Sink) -> Result<()> {
        let (mut exchange, head) = started?;
        let read = match head {
            Ok(head) => {
                let answer = self.answer.insert(Answer::new(head, sink.keep_body));
                answer.read(&mut *exchange, sink).await
            }
            Err(error) => Err(error),
        };
        let evidence = self.evidence.insert(exchange.evidence());
        let judged = match &self.answer {
            Some(answer) => {
                read.and_then(|()| verdict::judge(&answer.head, &answer.excerpt, evidence, terms))
            }
            None => read,
        };
        judged.map_err(|error| given::spare(error, &evidence.given))
    }

    /// Takes note of one call of a series. The facts of the worst call, the one with the highest exit status, are kept.
    pub fn add_call(&mut self, call: Self, address: Option<IpAddr>) {
        let (answer, evidence) = (call.answer.as_ref(), call.evidence.as_ref());
        let finished = FinishedCall {
            address,
            status: answer.map(|answer| answer.head.status),
            size: evidence.map_or(0, |evidence| evidence.received),
            sha256: answer.and_then(|answer| answer.sha256.clone()),
            timings: evidence.map_or_else(Timings::default, |evidence| evidence.timings),
            result: call.result.clone(),
        };
        let worse = self.series.is_none() || call.exit() as u8 > self.exit() as u8;
        self.series.get_or_insert_default().calls.push(finished);
        if worse {
            (self.answer, self.evidence, self.result) = (call.answer, call.evidence, call.result);
        }
    }

    /// The verdict on the whole series.
    ///
    /// # Errors
    /// As the worst call failed.
    pub fn judge_series(&self) -> Result<()> {
        let explain = |error| self.series.iter().fold(error, |error, series| series.explain(error));
        self.result.clone().map_err(explain)
    }

    /// What a comparison needs of it.
    pub fn route_result(&self) -> RouteResult<'_> {
        RouteResult { answer: self.answer.as_ref(), evidence: self.evidence.as_ref(), result: &self.result }
    }

    pub fn exit(&self) -> Exit {
        self.result.as_ref().map_or_else(|error| error.kind.exit(), |()| Exit::Success)
    }

    /// The name of its kind; `passed` for a success.
    pub fn kind_name(&self) -> &'static str {
        self.result.as_ref().map_or_else(|error| error.kind.name(), |()| "passed")
    }

    /// What an answer with a good status says against the certificate.
    pub fn contradiction(&self) -> Option<String> {
        self.answer.as_ref().and_then(|answer| page::contradict(&answer.head, &answer.excerpt))
    }

    /// Warnings that follow from what was observed.
    pub fn observations(&self) -> Vec<String> {
        let (Some(evidence), Some(answer)) = (&self.evidence, &self.answer) else { return Vec::new() };
        // A test that fails names the flaw that fits, and no others.
        let passed = self.result.is_ok();
        let mut warnings: Vec<_> =
            client::refused_elsewhere(evidence).filter(|_| passed).into_iter().collect();
        let odd = framing::oddities(&answer.head, evidence);
        warnings.extend(odd.into_iter().chain(server::nameless(evidence)).map(str::to_owned));
        warnings.extend(login::doubts(&answer.head, &answer.excerpt).into_iter().filter(|_| passed));
        let soon = |ours: &&Certificate| !ours.not_yet_valid && (0..30).contains(&ours.days_left);
        if let Some(ours) = evidence.ours.as_ref().filter(soon) {
            warnings.push(format!(
                "the P12's certificate expires in {}, on {} UTC",
                ours.distance(),
                ours.not_after
            ));
        }
        if let Some(fault) = &evidence.distrust {
            warnings.push(format!("the endpoint's certificate is not trusted ({fault}); -k went on"));
        }
        if let Some(Staple::Revoked(when)) = &evidence.staple {
            warnings.push(format!("the endpoint's certificate is revoked since {when}; -k went on"));
        }
        warnings.extend(clock::warn(&answer.head));
        warnings.extend(self.contradiction().filter(|_| passed).map(|said| {
            format!("the endpoint answered {said}: a success by its status, and maybe not by its words")
        }));
        warnings
    }
}
