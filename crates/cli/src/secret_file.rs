//! Files that hold one secret, for this user only.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::error::Error;

/// Far more than any key has; a file that is larger is another file.
const MAX_BYTES: u64 = 4096;

/// What is in the file, without the white space around it; `None` where there is no file.
pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<String>>, Error> {
    let cannot = |reason| Error::SecretFile {
        verb: "read",
        path: path.to_owned(),
        reason,
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(error)),
    };
    warn_if_others_can_read(&file, path);
    // As large as it can get, so that no part of the secret is left behind where the text grew.
    let mut text = Zeroizing::new(String::with_capacity(MAX_BYTES as usize));
    file.take(MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(cannot)?;
    Ok(Some(Zeroizing::new(text.trim().to_owned())))
}

/// Makes the file, readable for this user only. Returns whether it did: a file that is there already stays as it is.
///
/// The file appears at once and whole, also where the machine crashes meanwhile, and also where another process
/// makes it at the same time.
pub(crate) fn create(path: &Path, secret: &str) -> Result<bool, Error> {
    try_create(path, secret).map_err(|reason| Error::SecretFile {
        verb: "create",
        path: path.to_owned(),
        reason,
    })
}

fn try_create(path: &Path, secret: &str) -> io::Result<bool> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // Its mode is 0600.
    let mut file = NamedTempFile::new_in(folder)?;
    writeln!(file, "{secret}")?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => sync_folder(folder).map(|()| true),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error),
    }
}

/// Makes the entries of the folder survive a crash. Elsewhere than on Unix folders can't be opened, nor need they be.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(unix)]
fn warn_if_others_can_read(file: &File, path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = file
        .metadata()
        .map(|metadata| metadata.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o077 != 0) {
        tracing::warn!(
            path = %path.display(),
            "other users of this machine can read this secret: change that with chmod 600"
        );
    }
}

#[cfg(not(unix))]
fn warn_if_others_can_read(_: &File, _: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_written_once_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        assert!(read(&path).unwrap().is_none());
        assert!(create(&path, "first").unwrap());
        assert!(!create(&path, "second").unwrap());
        assert_eq!(*read(&path).unwrap().unwrap(), "first");
        assert_eq!(std::fs::read(&path).unwrap(), b"first\n");
        // What the second one was written to is gone, too.
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn of_many_that_create_one_wins_and_all_read_its_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        let created = std::thread::scope(|scope| {
            let path = &path;
            let create = |secret: usize| move || create(path, &secret.to_string()).unwrap();
            let threads: Vec<_> = (0..16).map(|secret| scope.spawn(create(secret))).collect();
            let created = threads.into_iter().map(|thread| thread.join().unwrap());
            created.filter(|created| *created).count()
        });
        assert_eq!(created, 1);
        assert!(read(&path).unwrap().unwrap().parse::<usize>().unwrap() < 16);
    }
}
