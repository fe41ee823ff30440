use std::time::Duration;

use super::Rate;

/// What a [`Server`](super::Server) allows. The defaults are safe for a server that faces a network.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The largest request message in bytes, as sent and decompressed. Default: 4 MiB.
    pub max_message_bytes: usize,
    /// The longest time that a call may take; a caller's own deadline counts where it is shorter. Default: one minute.
    pub timeout: Duration,
    /// The longest time that the body of a request may take to arrive; what is beyond is `deadline_exceeded`. Default: 20
    /// seconds.
    pub body_timeout: Duration,
    /// How many calls are worked on at once; further ones are `unavailable`. Reading a request is not counted. Default: 1,024.
    pub max_calls: usize,
    /// How many bytes of requests are in memory at once, as sent and decompressed; requests beyond that are `unavailable`. A
    /// quarter is kept for requests of up to 16 KiB. Default: 64 MiB.
    pub max_buffered_bytes: usize,
    /// How many calls each caller may make; further ones are `resource_exhausted`, after up to 100 ms, so that a caller which does not
    /// wait is not answered as often as it asks. Who counts as the same caller says
    /// [`Authenticate::limited_as`](super::Authenticate::limited_as). Default: 1,000 a second, 2,000 at once.
    pub rate: Option<Rate>,
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
            body_timeout: Duration::from_secs(20),
            max_calls: 1024,
            max_buffered_bytes: 64 * 1024 * 1024,
            rate: Some(Rate {
                per_second: 1000.0,
                burst: 2000,
            }),
            compress_from_bytes: 1024,
            prefixes: vec![String::new(), "/api".to_owned()],
        }
    }
}
