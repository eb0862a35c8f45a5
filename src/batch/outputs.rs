//! Output files of records: each belongs to one record, and none is the file that the results go to.

use std::collections::HashSet;
use std::path::Path;

use openssl::sha::sha256;

use super::fields::Hash;
use crate::files;

/// The output files that are taken.
#[derive(Default)]
pub(super) struct OutputFiles {
    taken: HashSet<Hash>,
}

impl OutputFiles {
    /// Takes a file for one record.
    pub(super) fn take(&mut self, path: &Path) -> Result<(), String> {
        if path == Path::new("-") || files::is_stdout(path) {
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
