//! Which records are for this run: a share of them, without those that have a result already.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use openssl::sha::sha256;
use serde::Deserialize;

use super::record::by_line;
use crate::args::Shard;
use crate::diagnosis;
use crate::error::{Error, Kind, Result};

/// Stands for an id: half of its SHA-256, so the same on every machine and in every version.
type Mark = u128;

/// Chooses records by their ids. Sixteen bytes are kept for each.
#[derive(Default)]
pub(super) struct Share {
    shard: Option<Shard>,
    done: HashSet<Mark>,
    seen: HashSet<Mark>,
    /// Lines of the results that hold none.
    pub(super) garbled: u64,
}

/// What is to be done with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// It is tested.
    Test,
    /// It belongs to another share.
    Elsewhere,
    /// It has a result already.
    Done,
    /// Another record had this id.
    Twice,
}

impl Share {
    /// Of this shard, without what these results hold.
    pub(super) fn new(shard: Option<Shard>, results: &[impl AsRef<Path>]) -> Result<Self> {
        let mut share = Self { shard, ..Self::default() };
        for path in results {
            share.read(path.as_ref())?;
        }
        Ok(share)
    }

    fn read(&mut self, path: &Path) -> Result<()> {
        #[derive(Deserialize)]
        struct Known {
            id: String,
        }
        let unreadable = |error| diagnosis::unreadable(path, &error);
        let mut lines = BufReader::new(File::open(path).map_err(unreadable)?);
        let (mut line, mut held, mut garbled) = (Vec::new(), 0, None);
        for number in 1_u64.. {
            line.clear();
            if lines.read_until(b'\n', &mut line).map_err(unreadable)? == 0 {
                break;
            }
            match serde_json::from_slice::<Known>(&line) {
                Ok(known) => {
                    held += 1;
                    self.done.insert(mark(&known.id));
                }
                Err(_) if line.trim_ascii().is_empty() => {}
                // Whoever wrote it was ended in the middle; where several write, another goes on in the same line.
                Err(_) => {
                    self.garbled += 1;
                    if line.ends_with(b"\n") {
                        garbled.get_or_insert(number);
                    }
                }
            }
        }
        match garbled {
            Some(number) if held == 0 => {
                let message = format!("line {number} of {} is no result", path.display());
                let hint = "--resume takes the NDJSON that an earlier run wrote";
                Err(Error::new(Kind::ManifestUnusable, message).with_hint(hint))
            }
            _ => Ok(()),
        }
    }

    /// What is to be done with the record of this id, in this line of the manifest.
    pub(super) fn choose(&mut self, id: &str, line: u64) -> Choice {
        let mark = mark(id);
        match self.shard {
            Some(Shard { index, of }) if mark % u128::from(of) != u128::from(index) => Choice::Elsewhere,
            _ if self.done.contains(&mark) => Choice::Done,
            _ if self.seen.insert(mark) => Choice::Test,
            _ if self.done.contains(&self::mark(&by_line(line))) => Choice::Done,
            _ => Choice::Twice,
        }
    }
}

fn mark(id: &str) -> Mark {
    sha256(id.as_bytes()).iter().take(16).fold(0, |mark, byte| mark << 8 | Mark::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_id_is_in_one_share_and_stays_there() {
        for id in 0..100 {
            let in_share = |index| {
                let mut share = Share { shard: Some(Shard { index, of: 3 }), ..Share::default() };
                share.choose(&id.to_string(), 1) == Choice::Test
            };
            assert_eq!((0..3).filter(|index| in_share(*index)).count(), 1);
        }
        // By `printf a | sha256sum`: other machines and versions must agree.
        assert_eq!(mark("a"), 0xca97_8112_ca1b_bdca_fac2_31b3_9a23_dc4d);
    }
}
