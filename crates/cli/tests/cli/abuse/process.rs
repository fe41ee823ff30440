//! What the system says about the process of a server.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The number of a process.
#[derive(Clone, Copy)]
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// Of memory, after what is done: an allocator gives back what is free, but not at once.
    pub(crate) fn settled_bytes(self) -> u64 {
        let looks = (0..15).map(|_| {
            sleep(Duration::from_millis(100));
            1024 * self.status("VmRSS")
        });
        looks.min().unwrap()
    }

    /// Of memory, at most, ever.
    pub(crate) fn peak_bytes(self) -> u64 {
        1024 * self.status("VmHWM")
    }

    /// Files and connections.
    pub(crate) fn open_files(self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.0))
            .unwrap()
            .count()
    }

    /// Waits until there are no more files and connections open than these.
    pub(crate) fn wait_for(self, open_files: usize) {
        let start = Instant::now();
        while self.open_files() > open_files {
            assert!(
                start.elapsed() < Duration::from_secs(120),
                "{} files and connections",
                self.open_files()
            );
            sleep(Duration::from_millis(20));
        }
    }

    fn status(self, name: &str) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        let value = line.split_ascii_whitespace().nth(1).unwrap();
        value.parse().unwrap()
    }
}
