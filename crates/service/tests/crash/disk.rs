//! A disk that loses, at the crash, what was not synced.
//!
//! It stands beside the real files, which always have the newest content, and remembers for each of them what is on
//! stable storage and what was written since. After the crash it makes the files what a real disk might have left.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex};

use crate::random::Random;

/// What a crash leaves of what was not synced.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Loss {
    /// Nothing.
    Everything,
    /// Any sectors of any writes, in any combination.
    Parts,
}

/// Why an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The machine is off.
    Crashed,
    /// There is no space left.
    Full,
    /// The medium reports an error.
    Broken,
}

pub(crate) struct Disk {
    state: Mutex<State>,
    holding: Mutex<Holding>,
    released: Condvar,
}

/// Syncs that take until they are released.
#[derive(Default)]
struct Holding {
    is_on: bool,
    waiting: u32,
}

#[derive(Default)]
struct State {
    /// Operations until the crash.
    left: u64,
    failure: Option<Failure>,
    /// Whether only syncs fail.
    only_syncs: bool,
    inodes: Vec<Inode>,
    names: BTreeMap<PathBuf, Name>,
}

/// The content of a file, whatever its name.
#[derive(Default)]
struct Inode {
    synced: Vec<u8>,
    since: Vec<Change>,
}

enum Change {
    Write { offset: usize, data: Vec<u8> },
    Truncate { length: usize },
}

/// An entry of a folder: the file that it stands for.
#[derive(Clone, Copy, Default)]
struct Name {
    now: Option<usize>,
    synced: Option<usize>,
}

impl Disk {
    /// A disk that works for this many operations (writes, syncs, and so on).
    pub(crate) fn working_for(operations: u64) -> Self {
        Self {
            state: Mutex::new(State {
                left: operations,
                ..State::default()
            }),
            holding: Mutex::default(),
            released: Condvar::new(),
        }
    }

    /// From now on, or no longer, the disk is so slow that no sync comes to its end.
    pub(crate) fn hold(&self, is_on: bool) {
        self.holding.lock().unwrap().is_on = is_on;
        self.released.notify_all();
    }

    /// How many syncs there are that do not come to their end.
    pub(crate) fn waiting(&self) -> u32 {
        self.holding.lock().unwrap().waiting
    }

    /// Crashes now, if it did not before.
    pub(crate) fn crash(&self) {
        self.state.lock().unwrap().failure = Some(Failure::Crashed);
    }

    /// Lets all writes and syncs fail from now on, or only the syncs.
    pub(crate) fn fail(&self, failure: Failure, only_syncs: bool) {
        let mut state = self.state.lock().unwrap();
        state.failure = Some(failure);
        state.only_syncs = only_syncs;
    }

    /// Lets everything work again.
    pub(crate) fn mend(&self) {
        self.state.lock().unwrap().failure = None;
    }

    pub(crate) fn has_crashed(&self) -> bool {
        self.state.lock().unwrap().failure == Some(Failure::Crashed)
    }

    /// Learns of a file that is opened, and says by which number the other operations call it.
    ///
    /// What exists and is not known yet was there before, and synced.
    pub(crate) fn open<T>(
        &self,
        path: &Path,
        open: impl FnOnce() -> Result<T, T>,
    ) -> Result<(usize, T), Result<Failure, T>> {
        let mut state = self.state.lock().unwrap();
        state.operate(false).map_err(Ok)?;
        let known = state.names.get(path).copied().unwrap_or_default();
        if let Some(inode) = known.now {
            return Ok((inode, open().map_err(Err)?));
        }
        let before = fs::read(path).ok();
        let opened = open().map_err(Err)?;
        let inode = state.inodes.len();
        let synced = if before.is_some() {
            Some(inode)
        } else {
            known.synced
        };
        state.inodes.push(Inode {
            synced: before.unwrap_or_default(),
            since: Vec::new(),
        });
        state.names.insert(
            path.into(),
            Name {
                now: Some(inode),
                synced,
            },
        );
        Ok((inode, opened))
    }

    pub(crate) fn read(&self) -> Result<(), Failure> {
        match self.state.lock().unwrap().failure {
            Some(Failure::Crashed) => Err(Failure::Crashed),
            _ => Ok(()),
        }
    }

    pub(crate) fn write<T>(
        &self,
        inode: usize,
        offset: usize,
        data: &[u8],
        write: impl FnOnce() -> T,
    ) -> Result<T, Failure> {
        let mut state = self.state.lock().unwrap();
        state.operate(false)?;
        state.inodes[inode].since.push(Change::Write {
            offset,
            data: data.into(),
        });
        Ok(write())
    }

    pub(crate) fn truncate<T>(
        &self,
        inode: usize,
        length: usize,
        truncate: impl FnOnce() -> T,
    ) -> Result<T, Failure> {
        let mut state = self.state.lock().unwrap();
        state.operate(false)?;
        state.inodes[inode].since.push(Change::Truncate { length });
        Ok(truncate())
    }

    /// Syncs a file; `with_name` also its entry in the folder.
    pub(crate) fn sync(&self, inode: usize, with_name: bool) -> Result<(), Failure> {
        let mut holding = self.holding.lock().unwrap();
        holding.waiting += 1;
        let released = self.released.wait_while(holding, |it| it.is_on);
        released.unwrap().waiting -= 1;
        let mut state = self.state.lock().unwrap();
        state.operate(true)?;
        let Inode { synced, since } = &mut state.inodes[inode];
        since.drain(..).for_each(|change| change.apply(synced));
        if with_name {
            for name in state
                .names
                .values_mut()
                .filter(|name| name.now == Some(inode))
            {
                name.synced = name.now;
            }
        }
        Ok(())
    }

    pub(crate) fn delete<T>(
        &self,
        path: &Path,
        sync_folder: bool,
        delete: impl FnOnce() -> T,
    ) -> Result<T, Failure> {
        let mut state = self.state.lock().unwrap();
        state.operate(false)?;
        if let Some(name) = state.names.get_mut(path) {
            name.now = None;
            if sync_folder {
                name.synced = None;
            }
        }
        Ok(delete())
    }

    /// After the crash, when nobody uses the files any more: makes them what the crash left.
    pub(crate) fn restart(&self, loss: Loss, random: &mut Random) {
        let state = self.state.lock().unwrap();
        for (path, name) in &state.names {
            let inode = match loss {
                Loss::Parts if random.one_in(2) => name.now,
                _ => name.synced,
            };
            match inode {
                Some(inode) => fs::write(path, state.inodes[inode].left(loss, random)).unwrap(),
                None => drop(fs::remove_file(path)),
            }
            // The index of the log lives in memory.
            let mut index = OsString::from(path);
            index.push("-shm");
            drop(fs::remove_file(index));
        }
    }
}

impl State {
    /// Whether one more operation works.
    fn operate(&mut self, is_sync: bool) -> Result<(), Failure> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            self.failure = Some(Failure::Crashed);
        }
        match self.failure {
            Some(failure) if is_sync || !self.only_syncs => Err(failure),
            _ => Ok(()),
        }
    }
}

impl Inode {
    fn left(&self, loss: Loss, random: &mut Random) -> Vec<u8> {
        let mut content = self.synced.clone();
        if let Loss::Parts = loss {
            for change in &self.since {
                change.apply_parts(&mut content, random);
            }
        }
        content
    }
}

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

impl Change {
    fn apply(self, content: &mut Vec<u8>) {
        match self {
            Self::Write { offset, data } => overwrite(content, offset, &data),
            Self::Truncate { length } => content.truncate(length),
        }
    }

    fn apply_parts(&self, content: &mut Vec<u8>, random: &mut Random) {
        match self {
            Self::Truncate { length } if random.one_in(2) => content.truncate(*length),
            Self::Truncate { .. } => {}
            // As often whole or not at all as torn.
            Self::Write { offset, data } if random.one_in(2) => {
                if random.one_in(2) {
                    overwrite(content, *offset, data);
                }
            }
            Self::Write { offset, data } => {
                let mut start = *offset;
                while start < offset + data.len() {
                    let end = ((start / SECTOR + 1) * SECTOR).min(offset + data.len());
                    if random.one_in(2) {
                        overwrite(content, start, &data[start - offset..end - offset]);
                    }
                    start = end;
                }
            }
        }
    }
}

fn overwrite(content: &mut Vec<u8>, offset: usize, data: &[u8]) {
    if content.len() < offset + data.len() {
        content.resize(offset + data.len(), 0);
    }
    content[offset..offset + data.len()].copy_from_slice(data);
}
