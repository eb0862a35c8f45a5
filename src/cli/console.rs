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
