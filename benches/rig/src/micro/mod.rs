//! Codecs, stores and the client, beside what is beneath them.

mod client;
mod codecs;
mod meter;
mod postgres;
mod sqlite;

use std::path::Path;

use benches_common::Failure;

use self::client::Calls;
use self::codecs::Codecs;
use self::postgres::Postgres;
use self::sqlite::Sqlite;

#[allow(
    dead_code,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the throw-away server of the service's tests; only a part of it is used here"
)]
#[path = "../../../../crates/service/tests/postgres/mod.rs"]
mod throw_away;

/// Measures what standard input asks for; see [`meter`].
pub(crate) fn measure(what: &[&str]) -> Result<(), Failure> {
    let runtime = crate::runtime()?;
    match what {
        ["codecs"] => {
            let codecs = Codecs::new()?;
            let measure = async |name: String, count| codecs.measure(&name, count);
            runtime.block_on(meter::serve(measure))
        }
        ["sqlite", folder] => {
            let stores = runtime.block_on(Sqlite::open(Path::new(folder)))?;
            let measure = async |name: String, count| stores.measure(&name, count).await;
            runtime.block_on(meter::serve(measure))
        }
        ["postgres"] => {
            // Durable, unlike in tests.
            let settings = ["fsync=on", "full_page_writes=on"];
            let Some(server) = throw_away::Server::start(&settings) else {
                return Err("PostgreSQL is not installed".into());
            };
            let url = server.url(&server.create_database());
            let stores = runtime.block_on(Postgres::open(&url))?;
            let measure = async |name: String, count| stores.measure(&name, count).await;
            runtime.block_on(meter::serve(measure))
        }
        ["client", url] => {
            let calls = runtime.block_on(async { Calls::new(url) })?;
            let measure = async |name: String, count| calls.measure(&name, count).await;
            runtime.block_on(meter::serve(measure))
        }
        _ => Err("usage: measure codecs | sqlite FOLDER | postgres | client URL".into()),
    }
}
