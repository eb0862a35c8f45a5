//! Files: whether two paths are one file, and the standard streams as files.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// The one path of all that lead to a file, even to one that does not exist yet.
pub fn canonicalize(path: &Path) -> PathBuf {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let in_folder = || Some(dunce::canonicalize(folder).ok()?.join(path.file_name()?));
    let whole = dunce::canonicalize(path).ok().or_else(in_folder).unwrap_or_else(|| path.to_owned());
    // There, two names that differ in case only are one file.
    match cfg!(any(windows, target_os = "macos")) {
        true => whole.to_string_lossy().to_lowercase().into(),
        false => whole,
    }
}

/// Whether the path is something that several may write to, such as a device or a pipe.
pub fn is_device(path: &Path) -> bool {
    let named = || cfg!(windows) && is_device_name(path);
    path.metadata().map_or_else(|_| named(), |metadata| !metadata.is_file())
}

/// Windows has devices in every folder, with any extension, and no metadata of them.
fn is_device_name(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default().to_ascii_uppercase();
    let stem = stem.to_string_lossy();
    let numbered = stem.trim_end_matches(|last: char| last.is_ascii_digit());
    matches!(&*stem, "NUL" | "CON" | "AUX" | "PRN") || stem.len() == 4 && matches!(numbered, "COM" | "LPT")
}

/// Whether standard output goes to the file of this path.
#[cfg(unix)]
pub fn is_stdout(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identify = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    let there = stdout().and_then(|file| file.metadata()).map(identify);
    there.ok().is_some_and(|there| path.metadata().map(identify).is_ok_and(|here| here == there))
}

/// Whether standard output goes to the file of this path.
#[cfg(windows)]
pub fn is_stdout(path: &Path) -> bool {
    let same = || Ok::<_, io::Error>(same_file::Handle::from_path(path)? == same_file::Handle::stdout()?);
    same().unwrap_or(false)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_of_windows_are_known_by_name() {
        let devices = ["NUL", "nul", "aux.txt", "COM1", "folder/lpt9.log"];
        assert!(devices.iter().all(|name| is_device_name(Path::new(name))));
        let files = ["null", "COM", "COM12", "nul2", "console.txt", "my.nul"];
        assert!(!files.iter().any(|name| is_device_name(Path::new(name))));
    }
}
