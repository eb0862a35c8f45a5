//! An output: stdout, a device or pipe, or a file that appears only when it is complete.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use tempfile::NamedTempFile;

use crate::diagnosis;
use crate::error::{Error, Kind, Result};
use crate::files;

/// An open output.
pub enum Output {
    Nowhere,
    /// Standard output, a device or a pipe.
    Stream(Stream),
    /// A temporary file beside the final one.
    Pending(NamedTempFile, PathBuf),
}

/// Fails if a file cannot be written, before anything is done. A pipe is not tried, as it can be opened only once.
///
/// # Errors
/// `output-failed`.
pub fn check(path: &Path) -> Result<()> {
    match path.metadata() {
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => Ok(()),
        _ => Output::open(Some(path)).map(drop),
    }
}

/// An output that is written to directly.
pub struct Stream {
    file: Arc<File>,
    name: String,
    /// Whether a write may block, waiting for a reader.
    may_wait: bool,
}

pub(super) const STDOUT: &str = "standard output";

impl Output {
    /// Opens a path, or standard output for `-` and `None`.
    ///
    /// # Errors
    /// `output-failed`.
    pub fn open(path: Option<&Path>) -> Result<Self> {
        match path {
            Some(path) if path != Path::new("-") => Self::file(path),
            // Not `io::Stdout`, which searches every piece for line ends.
            _ => Ok(Self::stream(files::stdout().map_err(unwritable(STDOUT))?, STDOUT.into())),
        }
    }

    fn stream(file: File, name: String) -> Self {
        let may_wait = may_wait(&file);
        Self::Stream(Stream { file: file.into(), name, may_wait })
    }

    fn file(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        if files::is_device(path) {
            let device = File::options().write(true).open(path).map_err(unwritable(&name))?;
            return Ok(Self::stream(device, name));
        }
        let path = dunce::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let pending = builder().tempfile_in(folder.unwrap_or_else(|| Path::new(".")));
        Ok(Self::Pending(pending.map_err(unwritable(&name))?, path))
    }

    /// Writes the bytes now.
    ///
    /// # Errors
    /// `output-failed`.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Nowhere => Ok(()),
            Self::Stream(stream) => (&*stream.file).write_all(bytes).map_err(unwritable(&stream.name)),
            Self::Pending(file, path) => file.write_all(bytes).map_err(unwritable(path.display())),
        }
    }

    /// Writes a piece. A pipe or a terminal may block, so it is written in another thread, and Ctrl-C still
    /// works.
    ///
    /// # Errors
    /// `output-failed`.
    pub async fn pass(&mut self, bytes: Bytes) -> Result<()> {
        let Self::Stream(Stream { file, name, may_wait: true }) = self else { return self.write(&bytes) };
        let out = Arc::clone(file);
        let written = tokio::task::spawn_blocking(move || (&*out).write_all(&bytes)).await;
        let lost = |_| Error::new(Kind::Internal, "the thread that writes the answer ended");
        written.map_err(lost)?.map_err(unwritable(name))
    }

    /// Gives the file its final name.
    ///
    /// # Errors
    /// `output-failed`.
    pub fn complete(self) -> Result<()> {
        let Self::Pending(file, path) = self else { return Ok(()) };
        if let Ok(there) = path.metadata() {
            file.as_file().set_permissions(there.permissions()).map_err(unwritable(path.display()))?;
        }
        file.persist(&path).map_err(|failed| unwritable(path.display())(failed.error))?;
        Ok(())
    }

    /// Keeps the part of a broken answer that has come, beside the final name. The error says where it is.
    #[must_use]
    pub fn keep_part(self, error: Error) -> Error {
        let Self::Pending(file, path) = self else { return error };
        let mut name = path.into_os_string();
        name.push(".part");
        let part = PathBuf::from(name);
        let hint = format!("what came is in {}; {}", part.display(), error.hint());
        match file.persist(&part) {
            Ok(_) => error.with_hint(hint),
            Err(failed) => unwritable(part.display())(failed.error),
        }
    }

    /// Whether this is standard output, and a terminal.
    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Self::Stream(stream) if stream.file.is_terminal())
    }
}

pub(super) fn unwritable(what: impl std::fmt::Display) -> impl Fn(std::io::Error) -> Error {
    move |error| diagnosis::unwritable(&what, &error)
}

/// Whether a write may block, waiting for a reader.
fn may_wait(file: &File) -> bool {
    #[cfg(unix)]
    let other_end = {
        use std::os::unix::fs::FileTypeExt as _;
        let kind = file.metadata().map(|metadata| metadata.file_type());
        kind.is_ok_and(|kind| kind.is_fifo() || kind.is_socket())
    };
    #[cfg(not(unix))]
    let other_end = true;
    other_end || file.is_terminal()
}

/// With the permissions that the umask gives, like a file made by a shell's redirection.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".p12-test-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

/// Whether stdout is a file that does not end with a line end.
pub fn stdout_is_midline() -> bool {
    let last = || -> std::io::Result<u8> {
        if !files::stdout()?.metadata()?.is_file() {
            return Ok(b'\n');
        }
        // Opened again, as stdout may be open for writing only. In an empty file the seek fails.
        let mut file = File::open("/dev/stdout")?;
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        Ok(last[0])
    };
    last().is_ok_and(|last| last != b'\n')
}
