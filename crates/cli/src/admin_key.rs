//! The admin key: the one that the environment gives, else the one of the data folder.

use std::env::{self, VarError};
use std::path::Path;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use runner_configuration_service::store::{Change, Store};
use runner_configuration_service::{ADMIN_SUBJECT, KeyHash, Randomness as _, SystemRandomness};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::secret_file;

const VARIABLE: &str = "RUNNERCONF_ADMIN_KEY";
const FILE_NAME: &str = "admin.key";

/// Keys that are made here start with it, so that a scanner for secrets can tell what it found.
const PREFIX: &str = "runnerconf_";

/// Makes the admin key the one that the store accepts. The store gets its hash only.
pub(crate) async fn register(store: &impl Store, folder: &Path) -> Result<(), Error> {
    let key = match from_environment()? {
        Some(key) => key,
        None => from_file(folder)?,
    };
    let change = Change::by_operator("serve", SystemTime::now());
    let hash = KeyHash::of(&key);
    store.set_admin_key(change, hash, ADMIN_SUBJECT).await?;
    Ok(())
}

fn from_environment() -> Result<Option<Zeroizing<String>>, Error> {
    let key = match env::var(VARIABLE) {
        Ok(key) => Zeroizing::new(key),
        Err(VarError::NotPresent) => return Ok(None),
        Err(VarError::NotUnicode(_)) => return Err(Error::KeyVariable(NOT_FOR_A_HEADER)),
    };
    check(&key).map_err(Error::KeyVariable)?;
    tracing::info!("the admin key is the one in {VARIABLE}");
    Ok(Some(key))
}

fn from_file(folder: &Path) -> Result<Zeroizing<String>, Error> {
    let path = folder.join(FILE_NAME);
    loop {
        if let Some(key) = secret_file::read(&path)? {
            check(&key).map_err(|what| Error::KeyFile {
                path: path.clone(),
                what,
            })?;
            tracing::info!(path = %path.display(), "the admin key is in this file");
            return Ok(key);
        }
        // Where another process is faster, its key counts.
        if secret_file::create(&path, &generate()?)? {
            tracing::info!("made an admin key");
        }
    }
}

/// A key of 256 random bits.
fn generate() -> Result<Zeroizing<String>, Error> {
    let mut bytes = Zeroizing::new([0; 32]);
    SystemRandomness.fill(&mut *bytes)?;
    let mut key = Zeroizing::new(PREFIX.to_owned());
    key.reserve_exact(bytes.len().div_ceil(3) * 4);
    URL_SAFE_NO_PAD.encode_string(*bytes, &mut key);
    Ok(key)
}

const NOT_FOR_A_HEADER: &str = "has characters that cannot stand in an Authorization header (only visible ASCII \
                                characters can, and no spaces)";

fn check(key: &str) -> Result<(), &'static str> {
    if key.is_empty() {
        Err("is empty")
    } else if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        Err(NOT_FOR_A_HEADER)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_keys_have_256_bits_and_differ() {
        let (key, other) = (generate().unwrap(), generate().unwrap());
        let encoded = key.strip_prefix(PREFIX).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(encoded).unwrap().len(), 32);
        assert_eq!(check(&key), Ok(()));
        assert_ne!(key, other);
    }

    #[test]
    fn keys_that_no_client_could_send_are_refused() {
        for key in ["x", "a.b-c_d~e+f/g=", "leak-marker-0123"] {
            assert_eq!(check(key), Ok(()), "{key}");
        }
        for key in ["", " ", "a b", "a\n", "\u{7f}", "schlüssel"] {
            assert!(check(key).is_err(), "{key:?}");
        }
    }
}
