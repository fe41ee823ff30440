//! What is stored, asked and answered in all comparisons.

pub mod logging;
pub mod objects;
pub mod prepared;
pub mod serde_structs;
pub mod server;
pub mod tonic_alone;

/// Programs of this workspace say what went wrong and end.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
