//! How to print on standard error.

use clap::{Args as Group, ValueEnum};

/// How to print on standard error.
#[derive(Debug, Clone, Group)]
#[command(next_help_heading = "Output")]
pub struct ConsoleArgs {
    /// Print nothing but errors on standard error
    #[arg(short, long)]
    pub quiet: bool,
    /// When to use colour in the report
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// How much of a call to print.
#[derive(Debug, Clone, Group)]
#[command(next_help_heading = "Output")]
pub struct VerboseArgs {
    /// Also show the steps of the handshake, the chain, the CAs that the endpoint accepts, and the timings
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR or CLICOLOR_FORCE say otherwise.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
