//! The modules of p12-test, for its tests and benchmarks; the program itself is `main.rs`.
//! A module imports only from those that stand below it here.

pub mod printer;
pub mod demo;
pub mod serve;
pub mod batch;
pub mod curl;
pub mod inputs;
pub mod cli;
pub mod inspect;
pub mod report;
pub mod compare;
pub mod route;
pub mod platform;
pub mod call;
pub mod response;
pub mod request;
pub mod p12;
pub mod scrub;
pub mod interrupt;
pub mod password;
pub mod prompt;
pub mod secret;
pub mod files;
pub mod process;
pub mod certificate;
pub mod shell;
pub mod escape;
mod ber;
pub mod diagnosis;
pub mod once;
pub mod error;
pub mod evidence;
