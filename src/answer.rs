//! The answer of a call, as far as it came.

use bytes::Bytes;
use openssl::sha::Sha256;

use crate::certificate;
use crate::diagnosis::page;
use crate::error::Result;
use crate::exchange::{Exchange, Head};
use crate::foreign::Foreign;
use crate::sink::Sink;

/// An answer, as far as it came.
#[derive(Debug)]
pub struct Answer {
    pub head: Head,
    /// The SHA-256 of the body, in hex, if it was asked for.
    pub sha256: Option<String>,
    /// The beginning of the body, for the verdict.
    pub excerpt: Foreign,
    /// The beginning of the body, for the report, with `--include-body`.
    pub body: Option<Foreign>,
    /// Whether the body is complete.
    pub whole: bool,
}

/// How much of a body a report holds, in bytes.
const MAX_BODY: usize = 1 << 20;

impl Answer {
    /// An answer whose body is still to be read. With `keep_body`, the body is kept for the report.
    pub fn new(head: Head, keep_body: bool) -> Self {
        let body = keep_body.then(|| head.foreign(&[]));
        Self { excerpt: head.foreign(&[]), sha256: None, body, whole: false, head }
    }

    /// Reads the body to its end, into `sink`.
    ///
    /// # Errors
    /// The body is incomplete, or cannot be written.
    pub async fn read(&mut self, exchange: &mut dyn Exchange, sink: &mut Sink) -> Result<()> {
        sink.open(&self.head)?;
        let mut digest = sink.digest.then(Sha256::new);
        let read = self.read_body(exchange, sink, &mut digest).await;
        self.sha256 = digest.map(|digest| certificate::hex(&digest.finish()));
        self.whole = read.is_ok();
        read
    }

    async fn read_body(
        &mut self,
        exchange: &mut dyn Exchange,
        sink: &mut Sink,
        digest: &mut Option<Sha256>,
    ) -> Result<()> {
        while let Some(piece) = exchange.piece().await {
            let bytes: Bytes = piece.map_err(|error| sink.keep_part(error))?;
            if let Some(digest) = digest {
                digest.update(&bytes);
            }
            self.excerpt.append(&bytes, page::EXCERPT);
            if let Some(body) = &mut self.body {
                body.append(&bytes, MAX_BODY);
            }
            sink.write(bytes).await?;
        }
        sink.complete()
    }
}
