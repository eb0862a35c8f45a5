//! The modules of p12-test, for its tests and benchmarks; the program itself is `main.rs`.

pub mod error;
pub mod secret;
