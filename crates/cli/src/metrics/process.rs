//! The process, as Linux sees it; elsewhere nothing but what program it is.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        super::gauge(
            &mut encoder,
            "process_resident_memory_bytes",
            "Memory of the process that is in RAM.",
            resident_bytes(),
        )?;
        super::gauge(
            &mut encoder,
            "process_open_fds",
            "Open files and connections of the process.",
            open_files(),
        )?;
        super::gauge(
            &mut encoder,
            "process_threads",
            "Threads of the process.",
            status("Threads:"),
        )
    }
}

fn resident_bytes() -> Option<u64> {
    status("VmRSS:").map(|kibibytes| kibibytes * 1024)
}

/// The number of a line of `/proc/self/status`.
fn status(name: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    value.split_whitespace().next()?.parse().ok()
}

fn open_files() -> Option<u64> {
    let files = fs::read_dir("/proc/self/fd").ok()?.count();
    // Without the folder itself.
    Some(files.saturating_sub(1) as u64)
}
