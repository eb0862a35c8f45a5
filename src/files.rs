//! Files: whether two paths are one file, and the standard streams as files.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// The one path of all that lead to a file, even to one that does not exist yet.
pub fn canonicalize(path: &Path) -> PathBuf {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let in_folder = || Some(folder.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(in_folder).unwrap_or_else(|| path.to_owned())
}

/// Whether the path is something that several may write to, such as a device or a pipe.
pub fn is_device(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file())
}

/// Standard input without the buffer of `io::Stdin`, which is never wiped and hides a file's length.
///
/// # Errors
/// When it is closed.
pub fn stdin() -> io::Result<File> {
    clone(io::stdin())
}

/// Standard output without the buffer of `io::Stdout`.
///
/// # Errors
/// When it is closed.
pub fn stdout() -> io::Result<File> {
    clone(io::stdout())
}

#[cfg(unix)]
fn clone(stream: impl std::os::fd::AsFd) -> io::Result<File> {
    Ok(stream.as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn clone(stream: impl std::os::windows::io::AsHandle) -> io::Result<File> {
    Ok(stream.as_handle().try_clone_to_owned()?.into())
}
