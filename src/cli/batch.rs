//! `batch`: its flags.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args as Group, ValueEnum};

use super::LookArgs;
use super::values::at_least_one;

/// `batch`.
#[derive(Debug, Group)]
pub struct BatchArgs {
    /// The records: NDJSON, or .csv or .toml; standard input unless given
    #[arg(value_hint = clap::ValueHint::FilePath)]
    pub manifest: Option<PathBuf>,
    /// Options for every record that does not say otherwise: one JSON object, or .toml
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub defaults: Option<PathBuf>,
    /// Tests at once
    #[arg(short, long, value_name = "NUMBER", default_value = "32", value_parser = at_least_one)]
    pub jobs: usize,
    /// Tests at once against one host and port
    #[arg(long, value_name = "NUMBER", default_value = "8", value_parser = at_least_one)]
    pub per_host: usize,
    /// Submissions to the platform a second, evenly apart; 0 for no limit. The platform takes 10 from one address
    /// within any second, and they do not come as evenly as they went
    #[arg(long, value_name = "NUMBER", default_value = "9")]
    pub rate: u32,
    /// How the results are written
    #[arg(long, value_name = "FORMAT", default_value = "ndjson")]
    pub format: Format,
    /// Leave out the records whose ids have a result in this NDJSON file; may be repeated
    #[arg(long, value_name = "RESULTS", value_hint = clap::ValueHint::FilePath)]
    pub resume: Vec<PathBuf>,
    /// Test only share I of N (I from 0), chosen by a hash of the id
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// How to print.
    #[command(flatten)]
    pub look: LookArgs,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One report a line, as each test ends.
    Ndjson,
    /// A line a test for people.
    Table,
    /// JUnit's XML, at the end.
    Junit,
    /// The Test Anything Protocol, version 13.
    Tap,
}

/// One of `of` shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 0.
    pub index: u64,
    /// How many there are.
    pub of: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(index, of)| {
            let (index, of) = (index.parse().ok()?, of.parse().ok()?);
            (index < of).then_some(Self { index, of })
        });
        parsed.ok_or_else(|| "the form is I/N with I from 0 to N-1, such as 0/4".into())
    }
}
