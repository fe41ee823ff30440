//! The admin key: the one that the environment gives, else the one of the data folder.

use std::env::{self, VarError};
use std::path::Path;
use std::time::SystemTime;

use runner_configuration_service::store::{Change, Store};
use runner_configuration_service::{ADMIN_SUBJECT, KeyHash};
use zeroize::Zeroizing;

use crate::data_folder::DataFolder;
use crate::error::Error;
use crate::{api_key, secret_file};

const VARIABLE: &str = "RUNNERCONF_ADMIN_KEY";
const FILE_NAME: &str = "admin.key";

/// Makes the admin key the one that the store accepts. The store gets its hash only.
pub(crate) async fn register(store: &impl Store, data: &DataFolder) -> Result<(), Error> {
    let key = match from_environment()? {
        Some(key) => key,
        None => from_file(&data.make()?)?,
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
        if secret_file::create(&path, &api_key::generate()?)? {
            tracing::info!("made an admin key");
        }
    }
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
    fn keys_that_no_client_could_send_are_refused() {
        for key in ["x", "a.b-c_d~e+f/g=", "leak-marker-0123"] {
            assert_eq!(check(key), Ok(()), "{key}");
        }
        for key in ["", " ", "a b", "a\n", "\u{7f}", "schlüssel"] {
            assert!(check(key).is_err(), "{key:?}");
        }
    }
}
