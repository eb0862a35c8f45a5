//! Reads the answer of a call, piece by piece, up to its end.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::BodyExt as _;
use tokio::time::timeout_at;

use super::Call;
use crate::diagnosis::{self, page};
use crate::error::{Error, Result};
use crate::evidence::Evidence;
use crate::exchange::{Exchange, Head};
use crate::foreign::Foreign;

impl Call {
    async fn next_piece(&mut self) -> Option<Result<Bytes>> {
        loop {
            let body = self.body.as_mut()?;
            let frame = match timeout_at(self.deadline.into(), body.incoming.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => {
                    return Some(Err(diagnosis::answer::explain_break(&self.evidence(), &error)));
                }
                Ok(None) => {
                    self.ended = Some(self.start.elapsed());
                    self.evidence.surplus = body.has_surplus(&self.observer.log.lock().rest);
                    return self.missing_end().map(Err);
                }
                Err(_) => return Some(Err(diagnosis::answer::explain_stall(&self.evidence))),
            };
            body.note_end();
            match frame.into_data() {
                Ok(bytes) => {
                    self.evidence.received += bytes.len() as u64;
                    return Some(Ok(bytes));
                }
                Err(frame) => self.add_trailers(&frame.into_trailers().unwrap_or_default()),
            }
        }
    }

    /// How this answer to a call without a certificate refuses it, if its status or its words do.
    pub(super) async fn read_refusal(&mut self, head: Option<&Head>) -> Option<String> {
        let head = head.filter(|head| head.status.as_u16() >= 400)?;
        let mut excerpt = head.foreign(&[]);
        while excerpt.bytes().len() < page::EXCERPT
            && let Some(Ok(bytes)) = self.next_piece().await
        {
            excerpt.append(&bytes, page::EXCERPT);
        }
        let said = match (page::read(head, &excerpt), head.status.as_u16()) {
            (Some(speech), _) => speech.quote(head),
            (None, 495 | 496) => head.describe_status(),
            _ => return None,
        };
        Some(format!("it answered {said}"))
    }

    fn missing_end(&self) -> Option<Error> {
        self.body.as_ref()?.missing_end(&self.evidence())
    }

    fn add_trailers(&mut self, trailers: &HeaderMap) {
        let line = |(name, value): (&HeaderName, &HeaderValue)| {
            Foreign::new([name.as_str().as_bytes(), b": ", value.as_bytes()].concat(), &self.known)
        };
        self.evidence.trailers.extend(trailers.iter().map(line));
    }
}

impl Exchange for Call {
    fn piece(&mut self) -> BoxFuture<'_, Option<Result<Bytes>>> {
        Box::pin(self.next_piece())
    }

    fn evidence(&self) -> Evidence {
        let mut evidence = self.observer.complete(self.evidence.clone(), &self.known);
        evidence.timings.total = self.ended.unwrap_or_else(|| self.start.elapsed());
        evidence
    }
}
