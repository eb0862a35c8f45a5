//! Where the answers of a batch may go: each to a file of its own, and none to where the results go.

use std::collections::HashSet;
use std::fs::Metadata;
use std::path::Path;

use openssl::sha::sha256;

use super::manifest::Digest;
use crate::files;

/// The files that records have named.
pub(super) struct Outputs {
    results: Option<Identity>,
    named: HashSet<Digest>,
}

/// A device and a number on it.
type Identity = (u64, u64);

impl Outputs {
    pub(super) fn new() -> Self {
        let results = files::stdout().and_then(|file| file.metadata()).ok();
        Self { results: results.as_ref().and_then(identity), named: HashSet::new() }
    }

    /// Gives this file to one record.
    pub(super) fn give(&mut self, path: &Path) -> Result<(), String> {
        let there = path.metadata().ok().as_ref().and_then(identity);
        if path == Path::new("-") || there.is_some() && there == self.results {
            return Err("its output is where the results go".into());
        }
        if files::is_device(path) {
            return Ok(());
        }
        let named = sha256(files::whole(path).as_os_str().as_encoded_bytes());
        match self.named.insert(named) {
            true => Ok(()),
            false => Err("its output is that of another record before it".into()),
        }
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<Identity> {
    None
}
