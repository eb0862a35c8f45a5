//! Which records this run tests: those of its shard, without those that have a result already.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use openssl::sha::sha256;
use serde::Deserialize;

use super::fields::Hash;
use super::manifest::unusable;
use crate::certificate::hex;
use crate::cli::Shard;
use crate::diagnosis;
use crate::error::{Error, Kind, Result};

/// Half of the SHA-256 of an id: the same on every machine and in every version.
type IdHash = u128;

/// Selects records by their ids. Keeps sixteen bytes for each.
#[derive(Default)]
pub(super) struct Selection {
    shard: Option<Shard>,
    done: HashSet<IdHash>,
    /// Those of them that did not pass.
    failed: HashSet<IdHash>,
    seen: HashSet<IdHash>,
    /// How often an id was generated for equal records.
    generated: HashMap<IdHash, u64>,
    /// Lines of the results that could not be read.
    pub(super) unreadable: u64,
}

/// What to do with a record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Test it; its result gets this id.
    Test(String),
    /// Nothing: it belongs to another shard.
    OtherShard,
    /// Nothing: it has a result already. Whether that is a pass.
    Done(bool),
    /// Refuse it: an earlier record has its id. Its result gets this id.
    Duplicate(String),
}

impl Selection {
    /// Selects this shard, without the records that these files have results of.
    pub(super) fn new(shard: Option<Shard>, results: &[impl AsRef<Path>]) -> Result<Self> {
        let mut selection = Self { shard, ..Self::default() };
        for path in results {
            selection.read(path.as_ref())?;
        }
        Ok(selection)
    }

    fn read(&mut self, path: &Path) -> Result<()> {
        #[derive(Deserialize)]
        struct Finished {
            id: String,
            #[serde(default)]
            exit: u8,
        }
        let unreadable = |error| unusable(&diagnosis::unreadable(path, &error).message);
        let mut lines = BufReader::new(File::open(path).map_err(unreadable)?);
        let (mut line, mut results, mut unreadable_line) = (Vec::new(), 0, None);
        for number in 1_u64.. {
            line.clear();
            if lines.read_until(b'\n', &mut line).map_err(unreadable)? == 0 {
                break;
            }
            match serde_json::from_slice::<Finished>(&line) {
                Ok(finished) => {
                    results += 1;
                    let hash = hash_id(&finished.id);
                    self.done.insert(hash);
                    // The last result of an id counts.
                    match finished.exit {
                        0 => self.failed.remove(&hash),
                        _ => self.failed.insert(hash),
                    };
                }
                Err(_) if line.trim_ascii().is_empty() => {}
                // Its writer was killed in the middle of the line; a later run may have continued in the same
                // line.
                Err(_) => {
                    self.unreadable += 1;
                    if line.ends_with(b"\n") {
                        unreadable_line.get_or_insert(number);
                    }
                }
            }
        }
        match unreadable_line {
            Some(number) if results == 0 => {
                let message = format!("line {number} of {} is not a result", path.display());
                let hint = "--resume reads the NDJSON that an earlier run wrote";
                Err(Error::new(Kind::ManifestUnusable, message).with_hint(hint))
            }
            _ => Ok(()),
        }
    }

    /// What to do with the next record. `content` is the hash that its id is generated from if it has none.
    pub(super) fn decide(&mut self, id: Option<String>, content: &Hash) -> Decision {
        let id = id.unwrap_or_else(|| self.generate_id(content));
        let hash = hash_id(&id);
        match self.shard {
            Some(Shard { index, count }) if hash % u128::from(count) != u128::from(index) => {
                Decision::OtherShard
            }
            _ if !self.seen.insert(hash) => {
                let mut id = self.generate_id(content);
                while !self.seen.insert(hash_id(&id)) {
                    id = self.generate_id(content);
                }
                self.find_result(hash_id(&id)).unwrap_or(Decision::Duplicate(id))
            }
            _ => self.find_result(hash).unwrap_or(Decision::Test(id)),
        }
    }

    fn find_result(&self, hash: IdHash) -> Option<Decision> {
        self.done.contains(&hash).then(|| Decision::Done(!self.failed.contains(&hash)))
    }

    /// Makes an id for a record without a usable one, from its content only. So the id does not depend on the
    /// record's place in the manifest or in a part of it. Equal records are numbered.
    fn generate_id(&mut self, content: &Hash) -> String {
        let base = format!("record-{}", hex(&content[..6]));
        let count = self.generated.entry(hash_id(&base)).or_default();
        *count += 1;
        if *count == 1 { base } else { format!("{base}-{count}") }
    }
}

fn hash_id(id: &str) -> IdHash {
    sha256(id.as_bytes()).iter().take(16).fold(0, |hash, byte| hash << 8 | IdHash::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_id_is_in_one_shard_and_stays_there() {
        for id in 0..100 {
            let is_in = |index| {
                let shard = Some(Shard { index, count: 3 });
                let mut selection = Selection { shard, ..Selection::default() };
                selection.decide(Some(id.to_string()), &[0; 32]) == Decision::Test(id.to_string())
            };
            assert_eq!((0..3).filter(|index| is_in(*index)).count(), 1);
        }
        // From `printf a | sha256sum`: it must be the same on other machines and in later versions.
        assert_eq!(hash_id("a"), 0xca97_8112_ca1b_bdca_fac2_31b3_9a23_dc4d);
    }

    #[test]
    fn no_generated_id_comes_twice_and_a_resumed_run_generates_the_same() {
        let run = |selection: &mut Selection| {
            let records = [Some("a"), Some("a"), None, None, Some("record-070707070707")];
            let decide =
                |id: &Option<&str>| selection.decide(id.map(str::to_owned), &[id.map_or(7, |_| 1); 32]);
            records.iter().map(decide).collect::<Vec<_>>()
        };
        let ids = [
            "a",
            "record-010101010101",
            "record-070707070707",
            "record-070707070707-2",
            "record-010101010101-2",
        ];
        let [first, twice, bare, alike, taken] = ids.map(str::to_owned);
        let decisions = run(&mut Selection::default());
        let wanted = [
            Decision::Test(first),
            Decision::Duplicate(twice),
            Decision::Test(bare),
            Decision::Test(alike),
            Decision::Duplicate(taken),
        ];
        assert_eq!(decisions, wanted);
        let mut resumed = Selection { done: ids.map(hash_id).into(), ..Selection::default() };
        assert_eq!(run(&mut resumed), [(); 5].map(|()| Decision::Done(true)));
    }
}
