//! Files: how many may be open, connections among them; which paths are one file; and standard output.

use std::fs::File;
use std::path::{Path, PathBuf};

/// Raises the soft limit to the hard one.
pub fn allow_more() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        // Where that is refused, fewer connections fit.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    }
}

/// The one path of all that lead to a file, though it be not there yet.
pub fn whole(path: &Path) -> PathBuf {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let beside = || Some(folder.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(beside).unwrap_or_else(|| path.to_owned())
}

/// Whether what stands there is no file, and so takes what many write: a device, a pipe.
pub fn is_device(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file())
}

/// Standard output as a file of its own, without the buffer of `io::Stdout`.
#[cfg(unix)]
pub fn stdout() -> std::io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(std::io::stdout().as_fd().try_clone_to_owned()?.into())
}

/// Standard output as a file of its own, without the buffer of `io::Stdout`.
#[cfg(windows)]
pub fn stdout() -> std::io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    Ok(std::io::stdout().as_handle().try_clone_to_owned()?.into())
}
