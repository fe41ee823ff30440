//! Random bytes, as a parameter: nothing else in this crate asks the machine for them.

/// Gives out random bytes that are fit for keys.
pub trait Randomness: Send + Sync + 'static {
    /// Fills `bytes` with random ones.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`] where the source fails; `bytes` must then not be used.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct NoRandomness;

/// The random numbers of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        getrandom::fill(bytes).map_err(|_| NoRandomness)
    }
}
