use std::io;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Asks the system for addresses, and says so where it has none.
pub(super) struct SystemResolver;

/// A name has no address, or whoever knows cannot be asked.
#[derive(Debug)]
pub(crate) struct DnsError(io::Error);

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        Box::pin(async move {
            // The port is that of the URL.
            let found = tokio::net::lookup_host((host, 0)).await.map_err(DnsError)?;
            Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

impl std::fmt::Display for DnsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the name cannot be resolved")
    }
}

impl std::error::Error for DnsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
