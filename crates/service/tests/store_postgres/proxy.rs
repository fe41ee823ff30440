//! Stands between the store and the server, and does to a connection what networks do.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use crate::postgres::Server;

/// What happens next, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection is cut in place of the next commit.
    CutBeforeCommit,
    /// The connection is cut in place of the answer to the next commit.
    CutAfterCommit,
    /// From the next commit on, nothing gets through, and nobody is told.
    Silence,
    /// The connection is cut in place of what is sent after so many other packets in this direction.
    CutAfter(Direction, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    ToServer,
    ToStore,
}

pub(crate) struct Proxy {
    folder: TempDir,
    next: Arc<Mutex<Option<Fault>>>,
}

impl Proxy {
    pub(crate) fn to(server: &Server) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let server = server.folder().join(SOCKET);
        let next = Arc::default();
        let proxy = Self {
            folder,
            next: Arc::clone(&next),
        };
        std::thread::spawn(move || {
            for store in listener.incoming() {
                // Without a server the store meets a connection that is closed at once.
                if let (Ok(store), Ok(server)) = (store, UnixStream::connect(&server)) {
                    pass_on(&store, &server, Direction::ToServer, &next);
                    pass_on(&server, &store, Direction::ToStore, &next);
                }
            }
        });
        proxy
    }

    /// How the store reaches a database through this.
    pub(crate) fn url(&self, database: &str) -> String {
        let folder = self.folder.path().display();
        format!("postgres:///{database}?host={folder}&user=postgres")
    }

    pub(crate) fn set(&self, fault: Fault) {
        *self.next.lock().unwrap() = Some(fault);
    }

    /// Lets everything through again; returns whether the fault did not happen.
    pub(crate) fn mend(&self) -> bool {
        self.next.lock().unwrap().take().is_some()
    }
}

/// The name of a server's socket, for the default port.
const SOCKET: &str = ".s.PGSQL.5432";

enum Verdict {
    Pass,
    Cut,
    Swallow,
}

fn pass_on(
    from: &UnixStream,
    to: &UnixStream,
    direction: Direction,
    next: &Arc<Mutex<Option<Fault>>>,
) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    let next = Arc::clone(next);
    std::thread::spawn(move || {
        let mut packet = vec![0; 1 << 16];
        let mut is_silent = false;
        while let Ok(length @ 1..) = from.read(&mut packet) {
            match judge(&mut next.lock().unwrap(), direction, &packet[..length]) {
                Verdict::Cut => break,
                Verdict::Swallow => is_silent = true,
                Verdict::Pass => {}
            }
            if !is_silent && to.write_all(&packet[..length]).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    });
}

fn judge(next: &mut Option<Fault>, direction: Direction, packet: &[u8]) -> Verdict {
    let is_commit = || packet.windows(7).any(|part| part == b"COMMIT\0");
    match (next.take(), direction) {
        (Some(Fault::CutBeforeCommit), Direction::ToServer) if is_commit() => Verdict::Cut,
        (Some(Fault::Silence), Direction::ToServer) if is_commit() => Verdict::Swallow,
        (Some(Fault::CutAfterCommit), Direction::ToServer) if is_commit() => {
            *next = Some(Fault::CutAfter(Direction::ToStore, 0));
            Verdict::Pass
        }
        (Some(Fault::CutAfter(at, 0)), direction) if at == direction => Verdict::Cut,
        (Some(Fault::CutAfter(at, packets)), direction) if at == direction => {
            *next = Some(Fault::CutAfter(at, packets - 1));
            Verdict::Pass
        }
        (other, _) => {
            *next = other;
            Verdict::Pass
        }
    }
}
