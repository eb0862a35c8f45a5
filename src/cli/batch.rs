//! The flags of `batch`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args as Group, ValueEnum};

use super::console::ConsoleArgs;
use super::values::at_least_one;

/// `batch`.
#[derive(Debug, Group)]
pub struct BatchArgs {
    /// The manifest of records: NDJSON, .csv or .toml (default: standard input)
    #[arg(value_hint = clap::ValueHint::FilePath)]
    pub manifest: Option<PathBuf>,
    /// Read options that apply to every record from a file: one JSON object, or .toml; a record can override them
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub defaults: Option<PathBuf>,
    /// Number of tests that run at the same time
    #[arg(short, long, value_name = "NUMBER", default_value = "32", value_parser = at_least_one)]
    pub jobs: usize,
    /// Number of tests that run at the same time against one host and port
    #[arg(long, value_name = "NUMBER", default_value = "8", value_parser = at_least_one)]
    pub per_host: usize,
    /// Submissions to the platform per second, evenly spaced; 0 means no limit. The platform accepts 10 per second from
    /// one address; 9 leaves room for delays on the way
    #[arg(long, value_name = "NUMBER", default_value = "9")]
    pub rate: u32,
    /// Format of the results
    #[arg(long, value_name = "FORMAT", default_value = "ndjson")]
    pub format: Format,
    /// Skip records that have a result in this NDJSON file; may be repeated
    #[arg(long, value_name = "RESULTS", value_hint = clap::ValueHint::FilePath)]
    pub resume: Vec<PathBuf>,
    /// Test only shard I of N (I counts from 0); a hash of its id decides which shard a record is in
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// How to print.
    #[command(flatten)]
    pub console: ConsoleArgs,
}

/// Format of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON report per line, as each test ends.
    Ndjson,
    /// One line per test, for people.
    Table,
    /// JUnit XML, written at the end.
    Junit,
    /// The Test Anything Protocol, version 13.
    Tap,
    /// OpenMetrics text for Prometheus, written at the end.
    Openmetrics,
    /// Annotations for GitHub Actions.
    Github,
    /// One page for people, written as tests end.
    Html,
}

/// Shard `index` of `count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 0.
    pub index: u64,
    /// How many there are.
    pub count: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(index, count)| {
            let (index, count) = (index.parse().ok()?, count.parse().ok()?);
            (index < count).then_some(Self { index, count })
        });
        parsed.ok_or_else(|| "expected I/N with I from 0 to N-1, such as 0/4".into())
    }
}
