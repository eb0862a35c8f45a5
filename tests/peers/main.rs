//! The program against real servers: nginx, Apache, HAProxy, stunnel, `openssl s_server`. And the platform's
//! resource against other clients and parsers.
//! A plain `cargo test` ignores them, because the servers must be installed; `-- --ignored` runs them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may")]

#[path = "../harness/mod.rs"]
mod harness;
mod server;

mod apache;
mod haproxy;
mod jenkins;
mod nginx;
mod platform;
mod prometheus;
mod s_server;
mod spread;
mod stunnel;
