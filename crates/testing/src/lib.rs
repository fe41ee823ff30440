#![doc = include_str!("../README.md")]

mod builder;
mod caller;
mod error;
mod runner;
mod server;
mod serving;

pub use builder::TestServerBuilder;
pub use caller::TestCaller;
pub use error::Error;
pub use runner::{NewRunner, TestRunner};
pub use runner_configuration_service::Clock;
pub use server::TestServer;
