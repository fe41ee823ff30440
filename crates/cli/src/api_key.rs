//! New API keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use runner_configuration_service::{Randomness as _, SystemRandomness};
use zeroize::Zeroizing;

use crate::error::Error;

/// Keys that are made here start with it, so that a scanner for secrets can tell what it found.
const PREFIX: &str = "runnerconf_";

/// A key of 256 random bits.
pub(crate) fn generate() -> Result<Zeroizing<String>, Error> {
    let mut bytes = Zeroizing::new([0; 32]);
    SystemRandomness.fill(&mut *bytes)?;
    let mut key = Zeroizing::new(PREFIX.to_owned());
    key.reserve_exact(bytes.len().div_ceil(3) * 4);
    URL_SAFE_NO_PAD.encode_string(*bytes, &mut key);
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_keys_have_256_bits_and_differ() {
        let (key, other) = (generate().unwrap(), generate().unwrap());
        let encoded = key.strip_prefix(PREFIX).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(encoded).unwrap().len(), 32);
        assert_ne!(key, other);
    }
}
