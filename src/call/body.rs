//! The body of an answer, still on its connection: piece by piece, and whether it came whole.

use std::pin::Pin;
use std::time::Instant;

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderName, HeaderValue, Version};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::time::timeout_at;

use super::observer::Observer;
use crate::diagnosis;
use crate::error::{Error, Result};
use crate::evidence::{Cause, End, Evidence};
use crate::response::{self, Answer};

/// The body of an answer.
pub(super) struct Body {
    body: Incoming,
    ends: Ends,
    start: Instant,
    deadline: Instant,
    evidence: Evidence,
    observer: Observer,
}

/// What shows that a body came whole.
enum Ends {
    /// Its length, or its last chunk; hyper looks after that.
    Framed,
    /// Nothing but the end of the connection.
    ByClose,
    /// The end of its HTTP/2 stream, or its length where that was said.
    Stream { length: Option<u64>, seen: bool },
}

impl Ends {
    fn of(head: &Parts, body: &Incoming) -> Self {
        let length = body.size_hint().exact();
        match head.version {
            Version::HTTP_2 => Self::Stream { length, seen: body.is_end_stream() },
            Version::HTTP_10 | Version::HTTP_11
                if !body.is_end_stream() && length.is_none() && !response::is_chunked(&head.headers) =>
            {
                Self::ByClose
            }
            _ => Self::Framed,
        }
    }
}

impl Body {
    pub(super) fn new(
        head: &Parts,
        body: Incoming,
        start: Instant,
        deadline: Instant,
        evidence: Evidence,
        observer: Observer,
    ) -> Self {
        Self { ends: Ends::of(head, &body), body, start, deadline, evidence, observer }
    }

    async fn next(&mut self) -> Option<Result<Bytes>> {
        loop {
            let frame = match timeout_at(self.deadline.into(), self.body.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => return Some(Err(self.broken(&error))),
                Ok(None) => return self.ended(),
                Err(_) => return Some(Err(self.failed(diagnosis::answer::explain_stall(&self.evidence)))),
            };
            if let Ends::Stream { seen, .. } = &mut self.ends {
                *seen |= self.body.is_end_stream();
            }
            match frame.into_data() {
                Ok(bytes) => {
                    self.evidence.received += bytes.len() as u64;
                    return Some(Ok(bytes));
                }
                Err(frame) => {
                    let trailers = frame.into_trailers().unwrap_or_default();
                    let line = |(name, value): (&HeaderName, &HeaderValue)| {
                        format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))
                    };
                    self.evidence.trailers.extend(trailers.iter().map(line));
                }
            }
        }
    }

    fn ended(&mut self) -> Option<Result<Bytes>> {
        self.evidence.timings.total = self.start.elapsed();
        let evidence = self.evidence();
        let error = match self.ends {
            Ends::ByClose if evidence.end == Some(End::theirs(Cause::Eof)) => {
                diagnosis::answer::explain_open_end(&evidence)
            }
            // hyper takes a stream that was broken off without an error for one that ended.
            Ends::Stream { length, seen }
                if !seen && !self.body.is_end_stream() && length != Some(evidence.received) =>
            {
                diagnosis::answer::explain_silent_end(&evidence, length.is_some())
            }
            _ => return None,
        };
        Some(Err(error.with_evidence(evidence)))
    }

    fn broken(&self, error: &hyper::Error) -> Error {
        let evidence = self.evidence();
        diagnosis::answer::explain_break(&evidence, error).with_evidence(evidence)
    }

    fn failed(&self, error: Error) -> Error {
        error.with_evidence(self.evidence())
    }
}

impl Answer for Body {
    fn piece(&mut self) -> Pin<Box<dyn Future<Output = Option<Result<Bytes>>> + Send + '_>> {
        Box::pin(self.next())
    }

    fn evidence(&self) -> Evidence {
        let mut evidence = self.observer.complete(self.evidence.clone());
        if evidence.timings.total.is_zero() {
            evidence.timings.total = self.start.elapsed();
        }
        evidence
    }
}
