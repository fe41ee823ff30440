use std::time::Duration;

/// What a [`Server`](super::Server) allows. The defaults are safe for a server that faces a network.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The largest request message in bytes, as sent and decompressed. Default: 4 MiB.
    pub max_message_bytes: usize,
    /// The longest time that a call may take; a caller's own deadline counts where it is shorter. Default: one minute.
    pub timeout: Duration,
    /// Replies are compressed from this size on, in bytes. Default: 1 KiB.
    pub compress_from_bytes: usize,
    /// What may stand before `/package.Service/Method` in a path. Default: nothing, and `/api`.
    pub prefixes: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_message_bytes: 4 * 1024 * 1024,
            timeout: Duration::from_secs(60),
            compress_from_bytes: 1024,
            prefixes: vec![String::new(), "/api".to_owned()],
        }
    }
}
