//! The modules of p12-test, for its tests and benchmarks; the program itself is `main.rs`.
//! A module imports only from those that stand below it here.

pub mod commands;
pub mod demo;
pub mod serve;
pub mod view;
pub mod console;
pub mod batch;
pub mod outcome;
pub mod compare;
pub mod answer;
pub mod sink;
pub mod progress;
pub mod inputs;
pub mod cli;
pub mod inspect;
pub mod route;
pub mod verdict;
pub mod platform;
pub mod call;
pub mod request;
pub mod p12;
pub mod interrupt;
pub mod files;
pub mod shell;
pub mod acceptor;
pub mod diagnosis;
pub mod checks;
pub mod once;
pub mod exchange;
pub mod error;
pub mod evidence;
pub mod foreign;
pub mod secret;
pub mod certificate;
pub mod escape;
pub mod words;
mod ber;
