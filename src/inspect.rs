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
            Err(error) => return Self::judge(&path.display().to_string(), None, Some(error), criteria),
        };
        let last = RefCell::new(None);
        let look = async |file: P12File, password: Option<Password>| {
            let inspection = Self::of(&file, password.as_ref(), criteria).await;
            let outcome = inspection.refused.clone().map_or(Ok(()), Err);
            last.replace(Some(inspection));
            outcome
        };
        // How it ended is in the inspection, or the prompt failed after it.
        let _ = file.unlock(passwords, look).await;
        match last.into_inner() {
            Some(inspection) => inspection,
            None => Self::of(&file, None, criteria).await,
        }
    }

    /// Inspects a file with this password, or without one.
    pub async fn of(file: &P12File, password: Option<&Password>, criteria: &Criteria) -> Self {
        match Anatomy::read(file, password).await {
            Ok((anatomy, refused)) => Self::judge(file.name(), Some(anatomy), refused, criteria),
            Err(error) => Self::judge(file.name(), None, Some(error), criteria),
        }
    }

    /// Whether nothing is wrong with it but for a server that trusts what `--trust` names.
    pub fn lacks_trust_only(&self) -> bool {
        let mut errors = self.findings.iter().filter(|finding| finding.severity == Severity::Error);
        errors.clone().next().is_some() && errors.all(|finding| finding.name == Name::NotTrusted)
    }

    fn judge(file: &str, anatomy: Option<Anatomy>, refused: Option<Error>, criteria: &Criteria) -> Self {
        let kind = refused.as_ref().map(|error| error.kind);
        let inspected = anatomy.as_ref().map(|anatomy| Inspected { file, anatomy, refused: kind, criteria });
        let mut findings = inspected.as_ref().map_or_else(Vec::new, findings::of);
        findings.extend(refused.as_ref().map(|error| findings::refused(inspected.as_ref(), error)));
        findings.sort_by_key(|finding| finding.severity);
        // Several keys are not an error of the file: the caller chooses one.
        let unusable = refused.as_ref().filter(|error| error.kind != Kind::SeveralKeys);
        let worst = findings.first().map(|finding| finding.severity);
        Self {
            file: file.to_owned(),
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
}
