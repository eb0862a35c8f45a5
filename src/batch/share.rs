//! Which records are for this run: a share of them, without those that have a result already.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use openssl::sha::sha256;
use serde::Deserialize;

use super::manifest::{Digest, unusable};
use crate::cli::Shard;
use crate::diagnosis;
use crate::error::{Error, Kind, Result};

/// Stands for an id: half of its SHA-256, so the same on every machine and in every version.
type Mark = u128;

/// Chooses records by their ids. Sixteen bytes are kept for each.
#[derive(Default)]
pub(super) struct Share {
    shard: Option<Shard>,
    done: HashSet<Mark>,
    /// Those of them whose result is no success.
    failed: HashSet<Mark>,
    seen: HashSet<Mark>,
    /// How often an id was made for records that are alike.
    made: HashMap<Mark, u64>,
    /// Lines of the results that hold none.
    pub(super) garbled: u64,
}

/// What is to be done with a record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// It is tested, and its result known by this id.
    Test(String),
    /// It belongs to another share.
    Elsewhere,
    /// It has a result already: whether that is a success.
    Done(bool),
    /// Another record had its id, so its result is known by this one.
    Twice(String),
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
            #[serde(default)]
            exit: u8,
        }
        let unreadable = |error| unusable(&diagnosis::unreadable(path, &error).message);
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
                    let mark = mark(&known.id);
                    self.done.insert(mark);
                    // The last result of an id counts.
                    match known.exit {
                        0 => self.failed.remove(&mark),
                        _ => self.failed.insert(mark),
                    };
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

    /// What is to be done with a record of this id, or of none, and of this content.
    pub(super) fn choose(&mut self, id: Option<String>, content: &Digest) -> Choice {
        let id = id.unwrap_or_else(|| self.made_of(content));
        let mark = mark(&id);
        match self.shard {
            Some(Shard { index, of }) if mark % u128::from(of) != u128::from(index) => Choice::Elsewhere,
            _ if !self.seen.insert(mark) => {
                let mut id = self.made_of(content);
                while !self.seen.insert(self::mark(&id)) {
                    id = self.made_of(content);
                }
                self.result_of(self::mark(&id)).unwrap_or(Choice::Twice(id))
            }
            _ => self.result_of(mark).unwrap_or(Choice::Test(id)),
        }
    }

    fn result_of(&self, mark: Mark) -> Option<Choice> {
        self.done.contains(&mark).then(|| Choice::Done(!self.failed.contains(&mark)))
    }

    /// An id for a record whose own does not do. It comes of the content, so that it stays the same wherever in a
    /// manifest, or in which part of it, the record stands; records that are alike are counted.
    fn made_of(&mut self, content: &Digest) -> String {
        let hex: String = content.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let base = format!("record-{hex}");
        let count = self.made.entry(mark(&base)).or_default();
        *count += 1;
        if *count == 1 { base } else { format!("{base}-{count}") }
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
                share.choose(Some(id.to_string()), &[0; 32]) == Choice::Test(id.to_string())
            };
            assert_eq!((0..3).filter(|index| in_share(*index)).count(), 1);
        }
        // By `printf a | sha256sum`: other machines and versions must agree.
        assert_eq!(mark("a"), 0xca97_8112_ca1b_bdca_fac2_31b3_9a23_dc4d);
    }

    #[test]
    fn no_made_id_comes_twice_and_a_resumed_run_makes_the_same() {
        let run = |share: &mut Share| {
            let records = [Some("a"), Some("a"), None, None, Some("record-070707070707")];
            let choose = |id: &Option<&str>| share.choose(id.map(str::to_owned), &[id.map_or(7, |_| 1); 32]);
            records.iter().map(choose).collect::<Vec<_>>()
        };
        let ids = [
            "a",
            "record-010101010101",
            "record-070707070707",
            "record-070707070707-2",
            "record-010101010101-2",
        ];
        let [first, twice, bare, alike, taken] = ids.map(str::to_owned);
        let chosen = run(&mut Share::default());
        let wanted = [
            Choice::Test(first),
            Choice::Twice(twice),
            Choice::Test(bare),
            Choice::Test(alike),
            Choice::Twice(taken),
        ];
        assert_eq!(chosen, wanted);
        let mut resumed = Share { done: ids.map(mark).into(), ..Share::default() };
        assert_eq!(run(&mut resumed), [(); 5].map(|()| Choice::Done(true)));
    }
}
