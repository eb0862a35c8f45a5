//! The body of an answer, and whether it is complete.

use http::Version;
use http::response::Parts;
use hyper::body::{Body as _, Incoming};

use super::stream_log::Rest;
use crate::diagnosis;
use crate::error::Error;
use crate::evidence::{Cause, End, Evidence};
use crate::exchange;

pub(super) struct Body {
    pub(super) incoming: Incoming,
    framing: Framing,
}

/// What proves that a body is complete.
enum Framing {
    /// Its length, or its last chunk if that is not stated. hyper checks them.
    Framed(Option<u64>),
    /// Nothing but the end of the connection.
    ByClose,
    /// The end of its HTTP/2 stream, or its length if stated.
    Stream { length: Option<u64>, ended: bool },
}

impl Body {
    pub(super) fn new(head: &Parts, incoming: Incoming) -> Self {
        let length = incoming.size_hint().exact();
        let framing = match head.version {
            Version::HTTP_2 => Framing::Stream { length, ended: incoming.is_end_stream() },
            Version::HTTP_10 | Version::HTTP_11
                if !incoming.is_end_stream() && length.is_none() && !exchange::is_chunked(&head.headers) =>
            {
                Framing::ByClose
            }
            _ => Framing::Framed(length),
        };
        Self { incoming, framing }
    }

    /// Notes whether the stream ended with the last frame, as it can still be reset later.
    pub(super) fn note_end(&mut self) {
        if let Framing::Stream { ended, .. } = &mut self.framing {
            *ended |= self.incoming.is_end_stream();
        }
    }

    /// Whether more came than the body, as far as that was read.
    pub(super) fn has_surplus(&self, rest: &Rest) -> bool {
        match self.framing {
            Framing::Framed(Some(length)) => rest.length > length,
            // The last chunk and its trailers end with an empty line.
            Framing::Framed(None) => !rest.tail.ends_with(b"\r\n\r\n") && !rest.tail.ends_with(b"\n\n"),
            Framing::ByClose | Framing::Stream { .. } => false,
        }
    }

    /// The error for a body that ended without proof that it is complete; `None` if it is proven.
    pub(super) fn missing_end(&self, evidence: &Evidence) -> Option<Error> {
        match self.framing {
            Framing::ByClose if evidence.end == Some(End::theirs(Cause::Eof)) => {
                Some(diagnosis::answer::explain_open_end(evidence))
            }
            // For hyper, a stream that was reset with NO_ERROR has ended normally.
            Framing::Stream { length, ended }
                if !ended && !self.incoming.is_end_stream() && length != Some(evidence.received) =>
            {
                Some(diagnosis::answer::explain_silent_end(evidence, length.is_some()))
            }
            _ => None,
        }
    }
}
