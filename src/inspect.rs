//! What is in a P12, and what will go wrong with it.

use std::cell::RefCell;
use std::path::Path;

use serde::{Serialize, Serializer};

use crate::error::{Error, Exit, Kind, Result};
use crate::p12::P12File;
use crate::p12::anatomy::Anatomy;
use crate::password::{Password, Passwords};

pub use criteria::{Criteria, Trusted};
pub use finding::{Finding, Name, Severity};

mod container;
mod criteria;
mod finding;
mod findings;
mod fix;
mod identity;
mod producer;

/// The name of the JSON document; another number means that something was taken away or changed its meaning.
pub const SCHEMA: &str = "p12-test/inspect-1";

/// One file, looked into.
#[derive(Debug, Serialize)]
pub struct Inspection {
    /// What the file is called.
    pub file: String,
    /// How `inspect` ends for this file: 3 when it cannot be used, 1 with a finding of severity error, else 0.
    #[serde(serialize_with = "number")]
    pub exit: Exit,
    /// The kind of the fault that keeps it from being used; `None` when there is none.
    pub kind: Option<&'static str>,
    /// Who may have made it, and what speaks for it.
    pub producer: Option<String>,
    /// What it holds; `None` when it is no P12.
    pub anatomy: Option<Anatomy>,
    /// What is wrong or odd, the worst first.
    pub findings: Vec<Finding>,
    #[serde(skip)]
    refused: Option<Error>,
}

fn number<S: Serializer>(exit: &Exit, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_u8(*exit as u8)
}

impl Inspection {
    /// Reads a file and looks into it. At a terminal a password that is needed is asked for.
    ///
    /// # Errors
    /// Only where nothing can be read from that terminal.
    pub async fn make(path: &Path, passwords: &mut Passwords, criteria: &Criteria) -> Result<Self> {
        let file = match P12File::read(path).await {
            Ok(file) => file,
            Err(error) => return Ok(Self::unread(path.display().to_string(), &error)),
        };
        let last = RefCell::new(None);
        let look = async |password: Option<Password>| {
            let inspection = Self::of(&file, password.as_ref(), criteria).await;
            let outcome = inspection.refused.clone().map_or(Ok(()), Err);
            last.replace(Some(inspection));
            outcome
        };
        let outcome = passwords.unlock(file.name(), look).await;
        match (last.into_inner(), outcome) {
            (Some(inspection), _) => Ok(inspection),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => Ok(Self::of(&file, None, criteria).await),
        }
    }

    /// Looks into a file with this password, or without one.
    pub async fn of(file: &P12File, password: Option<&Password>, criteria: &Criteria) -> Self {
        let (anatomy, refused) = match Anatomy::read(file, password).await {
            Ok((anatomy, refused)) => (Some(anatomy), refused),
            Err(error) => (None, Some(error)),
        };
        let mut findings = match &anatomy {
            Some(anatomy) => findings::of(file.name(), anatomy, criteria),
            None => Vec::new(),
        };
        let fault = |error| findings::refused(file.name(), anatomy.as_ref(), error);
        findings.extend(refused.as_ref().map(fault));
        findings.sort_by_key(|finding| finding.severity);
        // Which of several keys is meant is the caller's choice, and no fault of the file.
        let unusable = refused.as_ref().filter(|error| error.kind != Kind::SeveralKeys);
        let worst = findings.first().map(|finding| finding.severity);
        Self {
            file: file.name().to_owned(),
            exit: match (unusable, worst) {
                (Some(error), _) => error.kind.exit(),
                (None, Some(Severity::Error)) => Exit::Status,
                (None, _) => Exit::Success,
            },
            kind: unusable.map(|error| error.kind.name()),
            producer: anatomy.as_ref().and_then(producer::guess),
            anatomy,
            findings,
            refused,
        }
    }

    fn unread(file: String, error: &Error) -> Self {
        let (exit, kind, findings) = (error.kind.exit(), error.kind.name(), vec![Finding::fault(error)]);
        Self { file, exit, kind: Some(kind), producer: None, anatomy: None, findings, refused: None }
    }
}
