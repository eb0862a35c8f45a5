//! How a run ends, and whether to try again.

use std::process::ExitCode;

/// The exit status of a run; the manual has the same table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The endpoint answered, and had asked for the certificate and got it.
    Success = 0,
    /// The endpoint answered with a status that does not count as success.
    Status = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The P12 cannot be used.
    P12 = 3,
    /// The endpoint was not reached.
    Unreached = 4,
    /// The endpoint's own certificate is not trusted.
    Untrusted = 5,
    /// The endpoint refused the client certificate, or requires one and got none.
    Refused = 6,
    /// The platform refused or failed.
    Platform = 7,
    /// The endpoint answered, but the P12 was not tested.
    Untested = 8,
    /// The answer broke off or was not HTTP.
    BrokenAnswer = 9,
    /// A fault of this machine: a file, an output.
    Machine = 10,
    /// Ended by Ctrl-C or SIGTERM. Shells use this number for Ctrl-C.
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
    /// The same would happen again, or it is not known whether trying again helps.
    Never,
    /// It may help, but the request may have been acted on: only for idempotent methods (RFC 9110 section 9.2.2).
    IfIdempotent,
    /// It may help, and the request was not acted on.
    Yes,
}

impl Retry {
    /// The name in reports and scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::IfIdempotent => "if-idempotent",
            Self::Yes => "yes",
        }
    }
}
