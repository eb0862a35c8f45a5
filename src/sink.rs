//! Where the answer of a call goes, and what of it is kept for the document.

use std::path::PathBuf;

use bytes::Bytes;
use indicatif::ProgressBar;

use crate::cli::OutputArgs;
use crate::error::{Error, Result};
use crate::exchange::Head;
use crate::progress;
use output::Output;

pub mod output;
pub mod queue;

/// Takes the answer of one call: opened when its head has come, and complete when its body has ended.
#[derive(Default)]
pub struct Sink {
    target: Target,
    include_head: bool,
    /// Whether the digest of the body is wanted.
    pub digest: bool,
    /// Whether the document is to hold the body.
    pub keep_body: bool,
    /// Whether a bar shows how much has come.
    animated: bool,
    open: Option<(Output, ProgressBar)>,
    /// The last byte that was written.
    last: Option<u8>,
}

#[derive(Default)]
enum Target {
    #[default]
    Nowhere,
    Stdout,
    File(PathBuf),
}

impl Sink {
    /// As the options say. `silent` where standard output is not the answer's.
    pub fn new(args: &OutputArgs, silent: bool) -> Self {
        let target = match &args.output {
            Some(path) => Target::File(path.clone()),
            None if args.json || silent => Target::Nowhere,
            None => Target::Stdout,
        };
        let digest = args.json || args.report.is_some() || silent;
        Self { target, include_head: args.include, digest, keep_body: args.include_body, ..Self::default() }
    }

    /// The same with a bar where the answer goes to a file.
    #[must_use]
    pub fn animated(self, animated: bool) -> Self {
        let animated = animated && matches!(self.target, Target::File(_));
        Self { animated, ..self }
    }

    /// The same with the digest of the body.
    #[must_use]
    pub fn with_digest(self) -> Self {
        Self { digest: true, ..self }
    }

    /// Opens it and writes the head, where that is wanted.
    ///
    /// # Errors
    /// Fails with `output-failed`.
    pub fn open(&mut self, head: &Head) -> Result<()> {
        let mut output = match &self.target {
            Target::Nowhere => Output::Nowhere,
            Target::Stdout => Output::open(None)?,
            Target::File(path) => Output::open(Some(path))?,
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
    /// Fails with `output-failed`.
    pub async fn write(&mut self, bytes: Bytes) -> Result<()> {
        let Some((output, bar)) = &mut self.open else { return Ok(()) };
        bar.inc(bytes.len() as u64);
        self.last = bytes.last().copied().or(self.last);
        output.pass(bytes).await
    }

    /// Gives a file its final name.
    ///
    /// # Errors
    /// Fails with `output-failed`.
    pub fn complete(&mut self) -> Result<()> {
        let Some((output, bar)) = self.open.take() else { return Ok(()) };
        bar.finish_and_clear();
        let midline = matches!(self.target, Target::Stdout) && self.last.is_some_and(|byte| byte != b'\n');
        self.last = self.last.filter(|_| midline && output.is_terminal());
        output.complete()
    }

    /// What came of a broken answer stays where the user finds it, and the error says where.
    pub fn keep_part(&mut self, error: Error) -> Error {
        match self.open.take() {
            Some((output, _)) => output.keep_part(error),
            None => error,
        }
    }

    /// Whether a terminal that shows the answer stands in the middle of a line.
    pub fn is_midline(&self) -> bool {
        self.open.is_none() && self.last.is_some()
    }
}
