//! What is in a P12, and what will go wrong with it.

use std::cell::RefCell;
use std::path::Path;

use serde::{Serialize, Serializer};

use crate::error::{Error, Exit, Kind};
use crate::p12::anatomy::Anatomy;
use crate::p12::{KeyAside, P12File};
use crate::password::{Password, Passwords};

use fix::Inspected;

pub use criteria::{Criteria, Trusted};
pub use finding::{Finding, Name, Severity};
pub use fix::Remedy;

mod container;
mod criteria;
mod finding;
mod findings;
mod fix;
mod identity;
mod producer;

/// The name of the schema. Its number changes when a field is removed or changes its meaning.
pub const SCHEMA: &str = "p12-test/inspect-1";

#[derive(Debug, Serialize)]
pub struct Inspection {
    pub file: String,
    /// The exit status for this file: 3 if it cannot be used, 1 with a finding of severity error, else 0.
    #[serde(serialize_with = "number")]
    pub exit: Exit,
    /// The kind of the error because of which it cannot be used; `None` if there is none.
    pub kind: Option<&'static str>,
    /// The program that probably made it, and the reason for the guess.
    pub producer: Option<String>,
    /// Its contents; `None` if it is not a P12.
    pub anatomy: Option<Anatomy>,
    /// The findings, the worst first.
    pub findings: Vec<Finding>,
    #[serde(skip)]
    refused: Option<Error>,
}

fn number<S: Serializer>(exit: &Exit, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u8(*exit as u8)
}

impl Inspection {
    /// Reads a file and looks into it. At a terminal a password that is needed is asked for.
    pub async fn make(path: &Path, key: &KeyAside, passwords: &mut Passwords, criteria: &Criteria) -> Self {
        let file = match P12File::read(path).await {
            Ok(file) => file.with_key(key.clone()),
            Err(error) => return Self::unread(path.display().to_string(), &error),
        };
        let last = RefCell::new(None);
        let look = async |file: P12File, password: Option<Password>| {
            let inspection = Self::of(&file, password.as_ref(), criteria).await;
            let outcome = inspection.refused.clone().map_or(Ok(()), Err);
            last.replace(Some(inspection));
            outcome
        };
        // How it ended is in the inspection.
        let _ = file.unlock(passwords, look).await;
        match last.into_inner() {
            Some(inspection) => inspection,
            None => Self::of(&file, None, criteria).await,
        }
    }

    /// Inspects a file with this password, or without one.
    pub async fn of(file: &P12File, password: Option<&Password>, criteria: &Criteria) -> Self {
        let (anatomy, refused) = match Anatomy::read(file, password).await {
            Ok((anatomy, refused)) => (Some(anatomy), refused),
            Err(error) => (None, Some(error)),
        };
        let inspected = anatomy.as_ref().map(|anatomy| Inspected {
            file: file.name(),
            anatomy,
            refused: refused.as_ref().map(|error| error.kind),
            criteria,
        });
        let mut findings = inspected.as_ref().map_or_else(Vec::new, findings::of);
        findings.extend(refused.as_ref().map(|error| findings::refused(inspected.as_ref(), error)));
        findings.sort_by_key(|finding| finding.severity);
        // Several keys are not an error of the file: the caller chooses one.
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
