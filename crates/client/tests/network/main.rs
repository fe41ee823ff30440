//! Over a proxy that fails as it is told: what is made again, what is told and shown, and by which way.

#![expect(
    clippy::unwrap_used,
    reason = "in tests a failed expectation is the report"
)]

#[cfg(feature = "blocking")]
#[expect(clippy::panic, reason = "a transport may panic, which is tested")]
mod blocking;
mod environment;
mod faults;
mod proxy;
mod spans;
