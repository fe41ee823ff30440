//! The program, run as people run it: its arguments, what it prints, what it leaves behind, and how it ends.

#![cfg(test)]
#![cfg(unix)]

#[cfg(target_os = "linux")]
mod abuse;
mod admin_key;
mod audit;
mod completions;
mod config;
mod configuration_keys;
// The server that the service's own tests have.
#[path = "../../../service/tests/postgres/mod.rs"]
#[expect(dead_code, reason = "each test program uses another part")]
mod database;
mod demo;
mod failures;
mod http2;
mod keys;
mod limits;
mod observed;
mod obstacles;
mod oidc;
#[cfg(feature = "otlp")]
mod otlp;
mod postgres;
// The provider that the service's own tests have.
#[path = "../../../service/tests/oidc/provider.rs"]
#[expect(dead_code, reason = "those tests use more of it")]
mod provider;
mod remote;
mod requests;
mod resources;
mod revocation;
mod runners;
mod secrets;
mod server_choice;
mod serving;
mod shutdown;
mod store;
mod support;
mod transport;
