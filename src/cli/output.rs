//! Where the answer and the report of a test go.

use std::path::PathBuf;

use clap::{Args as Group, ValueEnum};

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
    /// Also write the report to a file; it contains no secrets. A name that ends with .html gets a page for people, any
    /// other the JSON report
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub report: Option<PathBuf>,
    /// Format of the file that --report writes, whatever its name
    #[arg(long, value_name = "FORMAT", requires = "report")]
    pub report_format: Option<ReportFormat>,
    /// Include the answer's body in the JSON report, up to 1 MiB of it
    #[arg(long)]
    pub include_body: bool,
    /// Print a curl command for the same request instead of making it; variables stand in for secrets
    #[arg(long, conflicts_with_all = ["json", "report", "report_format", "include_body"])]
    pub curl: bool,
    /// Write the answer to a file, which appears only when it is complete
    #[arg(short = 'o', long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// The JSON report.
    Json,
    /// A page for people, in one file.
    Html,
}

impl OutputArgs {
    /// How the file of the report is written: as asked, or as its name says.
    pub fn report_format(&self) -> ReportFormat {
        let extension = self.report.as_ref().and_then(|path| path.extension()).unwrap_or_default();
        let is_page = ["html", "htm"].iter().any(|name| extension.eq_ignore_ascii_case(name));
        self.report_format.unwrap_or(if is_page { ReportFormat::Html } else { ReportFormat::Json })
    }
}
