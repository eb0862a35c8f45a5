//! The program through its command line, over real TLS, on an endpoint of its own for each test.
//! Needs signals, pseudo-terminals and `/proc`; what holds on every system is in `tests/systems.rs`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may")]

#[path = "../harness/mod.rs"]
mod harness;

mod findings;
mod flawed;

mod advice;
mod answers;
mod batch;
mod canaries;
mod cases;
mod causes;
mod command_line;
mod curl;
mod demo;
mod exit_statuses;
mod html;
mod inspect;
mod loose;
#[cfg(target_os = "linux")]
mod memory;
mod odd_files;
mod options;
mod pages;
mod passwords;
mod platform;
mod probe;
mod proxies;
mod readers;
mod records;
mod remedies;
mod repack;
mod report;
mod requests;
mod secrets;
mod serve;
mod series;
mod terminals;
mod unasked;
mod uploads;
mod watch;
mod wrappings;
