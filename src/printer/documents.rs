//! The JSON document of one test: on stdout, in a file, or both.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::output::Output;
use crate::cli::OutputArgs;
use crate::error::{Error, Kind, Result};
use crate::escape::ascii;
use crate::report::Report;

/// Where the document goes, and what it will say.
#[derive(Debug)]
pub(super) struct Documents {
    stdout: bool,
    file: Option<PathBuf>,
    report: Mutex<Report>,
}

impl Documents {
    pub(super) fn wanted(args: &OutputArgs) -> Option<Self> {
        let wanted = args.json || args.report.is_some();
        wanted.then(|| Self { stdout: args.json, file: args.report.clone(), report: Mutex::default() })
    }

    /// To be taken by whoever asked for it.
    pub(super) fn taken() -> Self {
        Self { stdout: false, file: None, report: Mutex::default() }
    }

    pub(super) fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails when the file could not be written, before anything is sent. A pipe is opened once only, at the end.
    pub(super) fn ready(&self) -> Result<()> {
        let Some(path) = &self.file else { return Ok(()) };
        if path == Path::new("-") {
            let message = "--report takes a file; --json prints the document on standard output";
            return Err(Error::new(Kind::Usage, message));
        }
        match path.metadata() {
            Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => Ok(()),
            _ => Output::open(Some(path)).map(drop),
        }
    }

    pub(super) fn write(&self, document: &Value) -> Result<()> {
        let document = ascii(&format!("{document:#}\n"));
        if self.stdout {
            Output::open(None)?.write(document.as_bytes())?;
        }
        let Some(path) = &self.file else { return Ok(()) };
        let mut file = Output::open(Some(path))?;
        file.write(document.as_bytes())?;
        file.complete()
    }
}

/// How much of a body a document holds, in bytes.
const MAX_BODY: usize = 1 << 20;

/// Keeps the beginning of a body, where it is wanted.
pub(super) fn keep(kept: &mut Option<Vec<u8>>, bytes: &[u8]) {
    if let Some(kept) = kept {
        let room = MAX_BODY.saturating_sub(kept.len()).min(bytes.len());
        kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
    }
}
