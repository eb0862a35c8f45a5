//! The program against real servers: nginx, Apache, HAProxy, stunnel, `openssl s_server`; the platform's
//! resource against other people's clients and parsers.
//! Ignored by a plain `cargo test`, because the servers must be installed; `-- --ignored` runs them.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod harness;

mod apache;
mod haproxy;
mod jenkins;
mod nginx;
mod platform;
mod s_server;
mod spread;
mod stunnel;

/// Endpoints that behave as a test wants, as the tests of the command line have them.
#[path = "../cli/harness.rs"]
#[allow(dead_code, reason = "a part of it is used")]
mod stage;
