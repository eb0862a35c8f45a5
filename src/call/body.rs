//! The body of an answer, still on its connection, and whether it came whole.

use http::Version;
use http::response::Parts;
use hyper::body::{Body as _, Incoming};

use crate::diagnosis;
use crate::error::Error;
use crate::evidence::{Cause, End, Evidence};
use crate::exchange;

/// The body of an answer.
pub(super) struct Body {
    pub(super) incoming: Incoming,
    framing: Framing,
}

/// What shows that a body came whole.
enum Framing {
    /// Its length, or its last chunk; hyper looks after that.
    Framed,
    /// Nothing but the end of the connection.
    ByClose,
    /// The end of its HTTP/2 stream, or its length where that was said.
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
            _ => Framing::Framed,
        };
        Self { incoming, framing }
    }

    /// Looks whether the stream ended with the frame that has just come: it may be reset later.
    pub(super) fn note_end(&mut self) {
        if let Framing::Stream { ended, .. } = &mut self.framing {
            *ended |= self.incoming.is_end_stream();
        }
    }

    /// Why nothing proves that a body which has ended is all of it; `None` where something does.
    pub(super) fn missing_end(&self, evidence: &Evidence) -> Option<Error> {
        match self.framing {
            Framing::ByClose if evidence.end == Some(End::theirs(Cause::Eof)) => {
                Some(diagnosis::answer::unproven(evidence))
            }
            // hyper takes a stream that was broken off without an error for one that ended.
            Framing::Stream { length, ended }
                if !ended && !self.incoming.is_end_stream() && length != Some(evidence.received) =>
            {
                Some(diagnosis::answer::broken_off_silently(evidence, length.is_some()))
            }
            _ => None,
        }
    }
}
