//! Reads secrets from the sources that the command line can name.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::diagnosis;
use crate::error::{Error, Kind, Result};
use crate::files;
use crate::secret::Secret;

/// Where one secret comes from.
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// The command line itself.
    Value(Secret),
    /// A file; a trailing newline is ignored.
    File(PathBuf),
    /// A file that only its owner may read.
    PrivateFile(PathBuf),
    Environment(OsString),
    /// Standard input, to its end.
    Stdin,
}

impl SecretSource {
    /// Reads the secret; of a file or standard input without one trailing newline.
    ///
    /// # Errors
    /// As [`Self::read_whole`].
    pub fn read(&self) -> Result<Secret> {
        let whole = self.read_whole()?;
        Ok(match self {
            Self::Value(_) | Self::Environment(_) => whole,
            _ => without_newline(whole.expose()).to_vec().into(),
        })
    }

    /// Reads all that the source holds.
    ///
    /// # Errors
    /// When a variable is not set (usage), a file cannot be read, or others can read a private file.
    pub fn read_whole(&self) -> Result<Secret> {
        match self {
            Self::Value(secret) => Ok(secret.clone()),
            Self::File(path) | Self::PrivateFile(path) => {
                let file = File::open(path).map_err(|error| diagnosis::unreadable(path, &error))?;
                #[cfg(unix)]
                if matches!(self, Self::PrivateFile(_)) {
                    check_private(&file, path)?;
                }
                read(file, &path.display().to_string())
            }
            Self::Environment(name) => std::env::var_os(name).map(Secret::from).ok_or_else(|| {
                let name = name.display();
                Error::new(Kind::Usage, format!("the environment variable {name} is not set"))
            }),
            Self::Stdin => {
                let unreadable = |error| diagnosis::unreadable(Path::new("standard input"), &error);
                read(files::stdin().map_err(unreadable)?, "standard input")
            }
        }
    }
}

/// Without the line end, of Unix or Windows, if it has one.
pub(crate) fn without_newline(bytes: &[u8]) -> &[u8] {
    let line = bytes.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    line.unwrap_or(bytes)
}

/// Anything longer is a mistake, such as a wrong file.
const MAX: usize = 1 << 16;

fn read(from: impl Read, what: &str) -> Result<Secret> {
    let unfit = |what: String| Error::new(Kind::FileUnreadable, what);
    // Enough capacity, as growing would leave a copy in memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX + 2));
    from.take(MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unfit(format!("cannot read {what}: {}", diagnosis::in_words(&error))))?;
    if bytes.len() > MAX {
        return Err(unfit(format!("{what} is too long to be a secret")));
    }
    Ok(bytes.to_vec().into())
}

/// Refuses a file that others can read. A pipe, such as a shell's process substitution, is private.
#[cfg(unix)]
fn check_private(file: &File, path: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = file.metadata().map_err(|error| diagnosis::unreadable(path, &error))?;
    if metadata.is_file() && metadata.mode() & 0o077 != 0 {
        let mode = metadata.mode() & 0o777;
        let message =
            format!("{} contains credentials and other users can read it (mode {mode:o})", path.display());
        return Err(Error::new(Kind::FileExposed, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trailing_newline_is_dropped_and_no_more() {
        let read_bytes = |bytes: &[u8]| {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(&file, bytes).unwrap();
            SecretSource::File(file.path().to_owned()).read().unwrap().expose().to_vec()
        };
        assert_eq!(read_bytes(b"secret\n"), b"secret");
        assert_eq!(read_bytes(b"secret\r\n"), b"secret");
        assert_eq!(read_bytes(b"secret\n\n"), b"secret\n");
        assert_eq!(read_bytes(b" \xff\0secret \r"), b" \xff\0secret \r");
        assert_eq!(read_bytes(b""), b"");
    }

    #[test]
    fn debug_shows_no_secret() {
        let source = SecretSource::Value(Secret::from(b"canary".to_vec()));
        assert!(!format!("{source:?}").contains("canary"));
    }

    #[test]
    fn an_endless_secret_ends() {
        assert_eq!(read(std::io::repeat(b'x'), "a test").unwrap_err().kind, Kind::FileUnreadable);
    }
}
