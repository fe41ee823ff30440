//! `runnerconf serve --demo`: a runner to try things on.

use std::path::Path;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use runner_configuration_service::SystemRandomness;
use runner_configuration_service::seal::{KEY_LENGTH, KeyPair};
use runner_configuration_service::store::{Change, Store};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::runner::file::{self, RunnerFile};
use crate::secret_file;

/// An ordinary runner file.
const RUNNER: &str = include_str!("demo/runner.yaml");

const KEY_FILE_NAME: &str = "demo-runner.key";

/// Registers the demo runner. Its key stays the same, whoever registered it.
pub(crate) async fn register(store: &impl Store, folder: &Path) -> Result<(), Error> {
    let runner = demo_runner()?;
    let current = store.runner(runner.id).await?;
    let mut runner = runner.over(current);
    let path = folder.join(KEY_FILE_NAME);
    let key = match (runner.public_key, read_key(&path)?) {
        (Some(_), None) => {
            tracing::warn!(
                path = %path.display(),
                "the demo runner has a public key already, and the private one is not in this file"
            );
            None
        }
        (Some(registered), Some(pair)) if registered != *pair.public_key().as_bytes() => {
            tracing::warn!(
                path = %path.display(),
                "the demo runner has another public key than that of the private key in this file"
            );
            None
        }
        (Some(_), Some(_)) => None,
        (None, Some(pair)) => Some(pair),
        (None, None) => Some(create_key(&path)?),
    };
    if let Some(pair) = key {
        runner.public_key = Some(*pair.public_key().as_bytes());
    }
    let id = runner.id;
    let change = Change::by_operator("serve --demo", SystemTime::now());
    let put = store.put_runner(change, runner).await?;
    tracing::info!(%id, ?put, private_key = %path.display(), "the demo runner is registered");
    Ok(())
}

fn demo_runner() -> Result<RunnerFile, Error> {
    let wrong = |what| Error::RunnerFile {
        from: "the demo runner".into(),
        what,
    };
    let mut runners = file::parse(RUNNER).map_err(wrong)?;
    runners.pop().ok_or_else(|| wrong("it is empty".into()))
}

/// The key pair whose private key is in this file, if there is one.
fn read_key(path: &Path) -> Result<Option<KeyPair>, Error> {
    let Some(text) = secret_file::read(path)? else {
        return Ok(None);
    };
    let bytes = Zeroizing::new(STANDARD.decode(&*text).unwrap_or_default());
    let bytes: &[u8; KEY_LENGTH] = bytes.as_slice().try_into().map_err(|_| Error::KeyFile {
        path: path.to_owned(),
        what: "does not hold 32 bytes in base64",
    })?;
    Ok(Some(KeyPair::from_private_key(bytes)))
}

/// Makes a key pair, and the file of its private key.
fn create_key(path: &Path) -> Result<KeyPair, Error> {
    let pair = KeyPair::generate(&SystemRandomness)?;
    let mut text = Zeroizing::new(String::with_capacity(KEY_LENGTH.div_ceil(3) * 4));
    STANDARD.encode_string(*pair.private_key(), &mut text);
    if secret_file::create(path, &text)? {
        return Ok(pair);
    }
    // Another process was faster: its key counts.
    Ok(read_key(path)?.unwrap_or(pair))
}

#[cfg(test)]
mod tests {
    use runner_configuration::v1::{RunnerKind, RunnerProvider};

    use super::*;

    #[test]
    fn the_demo_runner_is_valid() {
        let runner = demo_runner().unwrap().over(None);
        assert_eq!(
            runner.id.to_string(),
            "d2c94c27-3b76-4a42-b88c-95a85e392c68"
        );
        assert_eq!(runner.kind, RunnerKind::Remote);
        assert_eq!(runner.provider, RunnerProvider::AwsEc2);
        assert_eq!(runner.public_key, None);
        assert!(runner.schema.is_some());
    }

    #[test]
    fn a_key_that_was_made_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY_FILE_NAME);
        assert!(read_key(&path).unwrap().is_none());
        let made = create_key(&path).unwrap();
        let read = read_key(&path).unwrap().unwrap();
        assert_eq!(made.private_key(), read.private_key());
        // A second one does not replace the first.
        let kept = create_key(&path).unwrap();
        assert_eq!(made.private_key(), kept.private_key());

        std::fs::write(&path, "AAAA\n").unwrap();
        assert!(matches!(read_key(&path), Err(Error::KeyFile { .. })));
    }
}
