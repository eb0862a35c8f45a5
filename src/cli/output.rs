//! Where the answer and the report of a test go.

use std::path::PathBuf;

use clap::Args as Group;

/// Where the answer and the report of a test go.
#[derive(Debug, Default, Group)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Print the response headers too, exactly as received
    #[arg(short = 'i', long)]
    pub include: bool,
    /// Print one JSON report instead of the answer: the verdict, what was observed, the answer's status, size and SHA-256
    #[arg(long)]
    pub json: bool,
    /// Also write the JSON report to a file; it contains no secrets
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub report: Option<PathBuf>,
    /// Include the answer's body in the JSON report, up to 1 MiB of it
    #[arg(long)]
    pub include_body: bool,
    /// Print a curl command for the same request instead of making it; variables stand in for secrets
    #[arg(long, conflicts_with_all = ["json", "report", "include_body"])]
    pub curl: bool,
    /// Write the answer to a file, which appears only when it is complete
    #[arg(short = 'o', long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}
