//! How a run ends, and whether to try again.

use std::process::ExitCode;

/// How a run ends, as a number that a script can trust (the table in the manual).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Answered, and the endpoint asked for the certificate and got it.
    Success = 0,
    /// Answered with another status than expected.
    Status = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The P12 cannot be used.
    P12 = 3,
    /// The endpoint was not reached.
    Unreached = 4,
    /// The endpoint's own certificate is not trusted.
    Untrusted = 5,
    /// The endpoint refused the client certificate, or the handshake for want of one.
    Refused = 6,
    /// The platform refused or failed.
    Platform = 7,
    /// Answered, but the P12 was not tested.
    Untested = 8,
    /// The answer broke off or was not HTTP.
    BrokenAnswer = 9,
    /// Something on this machine: a file, the output.
    Machine = 10,
    /// Ended by Ctrl-C or SIGTERM, numbered as shells number the former.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Whether trying again is safe and sensible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same would happen again, or nobody knows better.
    Never,
    /// It may help, but the request may have been acted on: only for methods that may be repeated (RFC 9110
    /// section 9.2.2).
    IfIdempotent,
    /// It may help, and nothing was acted on.
    Yes,
}

impl Retry {
    /// The name that scripts and reports know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::IfIdempotent => "if-idempotent",
            Self::Yes => "yes",
        }
    }
}
