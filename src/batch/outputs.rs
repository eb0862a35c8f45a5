//! Output files of records: each belongs to one record, and none is the file that the results go to.

use std::collections::HashSet;
use std::fs::Metadata;
use std::path::Path;

use openssl::sha::sha256;

use super::fields::Hash;
use crate::files;

/// The output files that are taken.
pub(super) struct OutputFiles {
    results: Option<FileId>,
    taken: HashSet<Hash>,
}

/// A device, and the number of a file on it.
type FileId = (u64, u64);

impl OutputFiles {
    pub(super) fn new() -> Self {
        let results = files::stdout().and_then(|file| file.metadata()).ok();
        Self { results: results.as_ref().and_then(identify), taken: HashSet::new() }
    }

    /// Takes a file for one record.
    pub(super) fn take(&mut self, path: &Path) -> Result<(), String> {
        let id = path.metadata().ok().as_ref().and_then(identify);
        if path == Path::new("-") || id.is_some() && id == self.results {
            return Err("its output is the file that the results go to".into());
        }
        if files::is_device(path) {
            return Ok(());
        }
        let hash = sha256(files::canonicalize(path).as_os_str().as_encoded_bytes());
        match self.taken.insert(hash) {
            true => Ok(()),
            false => Err("an earlier record has the same output file".into()),
        }
    }
}

#[cfg(unix)]
fn identify(metadata: &Metadata) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identify(_: &Metadata) -> Option<FileId> {
    None
}
