//! How a connection ended: which side ended it, and by what.

use serde::{Serialize, Serializer};

use super::message::Side;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Which side ended it, or did what made the other end it.
    pub side: Side,
    pub cause: Cause,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A close_notify, as RFC 8446 section 6.1 wants it.
    CloseNotify,
    /// A bare end of the TCP stream: nothing proves that all of it came.
    Eof,
    /// A TCP reset.
    Reset,
    /// A failure of TLS, in OpenSSL's words.
    Tls(String),
    /// A failure of the system's, in its words.
    System(String),
}

impl End {
    /// An end by the endpoint.
    pub fn theirs(cause: Cause) -> Self {
        Self { side: Side::Endpoint, cause }
    }

    /// An end by this machine.
    pub fn ours(cause: Cause) -> Self {
        Self { side: Side::Us, cause }
    }
}

impl Serialize for End {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (&self.cause, self.side) {
            (Cause::CloseNotify, _) => serializer.serialize_str("close-notify"),
            (Cause::Eof, _) => serializer.serialize_str("eof"),
            (Cause::Reset, _) => serializer.serialize_str("reset"),
            (Cause::Tls(why) | Cause::System(why), side) => {
                let name = if side == Side::Us { "own-failure" } else { "failure" };
                serializer.collect_map([(name, why)])
            }
        }
    }
}
