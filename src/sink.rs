//! Where the answer of a call goes, and what is kept for the report.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use indicatif::ProgressBar;

use crate::cli::OutputArgs;
use crate::error::{Error, Result};
use crate::exchange::Head;
use crate::progress;
use output::Output;

pub mod output;
pub mod queue;

/// Takes the answer of one call. It is opened when the head has come, and completed when the body has ended.
#[derive(Default)]
pub struct Sink {
    target: Destination,
    include_head: bool,
    /// Whether the digest of the body is wanted.
    pub digest: bool,
    /// Whether the report holds the body.
    pub keep_body: bool,
    /// Whether a progress bar is shown.
    animated: bool,
    open: Option<(Output, ProgressBar)>,
    /// The last byte that was written.
    last: Option<u8>,
}

#[derive(Default)]
enum Destination {
    #[default]
    Nowhere,
    Stdout,
    File(PathBuf),
}

impl Sink {
    /// A sink with these options. `silent`: standard output is not for the answer. `animated`: a file has a bar.
    pub fn new(args: &OutputArgs, silent: bool, animated: bool) -> Self {
        let target = match &args.output {
            Some(path) if path != Path::new("-") => Destination::File(path.clone()),
            None if args.json || silent => Destination::Nowhere,
            _ => Destination::Stdout,
        };
        let digest = args.json || args.report.is_some() || silent;
        let animated = animated && matches!(target, Destination::File(_));
        Self {
            target,
            include_head: args.include,
            digest,
            keep_body: args.include_body,
            animated,
            ..Self::default()
        }
    }

    /// The same with the digest of the body.
    #[must_use]
    pub fn with_digest(self) -> Self {
        Self { digest: true, ..self }
    }

    /// Opens the target, and writes the head if that is wanted.
    ///
    /// # Errors
    /// `output-failed`.
    pub fn open(&mut self, head: &Head) -> Result<()> {
        let mut output = match &self.target {
            Destination::Nowhere => Output::Nowhere,
            Destination::Stdout => Output::open(None)?,
            Destination::File(path) => Output::open(Some(path))?,
        };
        if self.include_head {
            output.write(&head.wire)?;
        }
        self.open = Some((output, progress::download(self.animated, head.length)));
        Ok(())
    }

    /// Writes a piece of the body.
    ///
    /// # Errors
    /// `output-failed`.
    pub async fn write(&mut self, bytes: Bytes) -> Result<()> {
        let Some((output, bar)) = &mut self.open else { return Ok(()) };
        bar.inc(bytes.len() as u64);
        self.last = bytes.last().copied().or(self.last);
        output.pass(bytes).await
    }

    /// Gives a file its final name.
    ///
    /// # Errors
    /// `output-failed`.
    pub fn complete(&mut self) -> Result<()> {
        let Some((output, bar)) = self.open.take() else { return Ok(()) };
        bar.finish_and_clear();
        let midline =
            matches!(self.target, Destination::Stdout) && self.last.is_some_and(|byte| byte != b'\n');
        self.last = self.last.filter(|_| midline && output.is_terminal());
        output.complete()
    }

    /// Keeps the part of a broken answer that has come. The error says where it is.
    pub fn keep_part(&mut self, error: Error) -> Error {
        match self.open.take() {
            Some((output, _)) => output.keep_part(error),
            None => error,
        }
    }

    /// Whether the answer was shown on a terminal and its last line has no end.
    pub fn is_midline(&self) -> bool {
        self.open.is_none() && self.last.is_some()
    }
}
