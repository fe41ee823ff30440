//! No secret comes out: every field that the contract marks `debug_redact`, and every key that calls are made with, is
//! sent as a marker, in calls that succeed and in calls that fail in every way. Then no marker may be in the logs at level
//! trace, in any reply, in the files of the store, or in the record of changes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests a failed expectation is the report"
)]

mod calls;
mod log;
mod markers;
mod requests;
mod search;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use http::HeaderMap;
use prost_reflect::DescriptorPool;
use runner_configuration_server::Authenticate;
use runner_configuration_service::store::Store as _;
use runner_configuration_service::{ADMIN_SUBJECT, Caller, Role};

use calls::{Case, Protocol, World};
use log::Log;
use markers::Markers;
use search::Place;
use support::wire::SERVICE;

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_comes_out_whatever_becomes_of_the_call() {
    let log = Log::capture();
    let mut world = World::start().await;
    let mut cases = 0;
    for request in requests::ALL {
        for protocol in [Protocol::Connect, Protocol::Grpc] {
            for case in Case::ALL {
                cases += usize::from(world.call(request, protocol, case).await);
            }
        }
    }
    assert_eq!(world.markers.planted, declared(&world.pool));
    let rpcs: BTreeSet<_> = requests::ALL.iter().map(|request| request.rpc).collect();
    assert_eq!(
        rpcs.len(),
        world.methods().count(),
        "a request for each RPC"
    );

    let mut places = Place::files(world.folder());
    let audit = world.server.store.changes(0, 100_000).await.unwrap();
    assert!(audit.len() > 10);
    places.push(Place::new("audit", format!("{audit:?}")));
    places.push(Place::new("replies", world.replies.concat()));
    world.server.store.close().await.unwrap();
    places.extend(Place::files(world.folder()));
    places.push(Place::new("log", log.text()));
    let log_of_all_levels = log.text();
    assert!(log_of_all_levels.contains("TRACE") && log_of_all_levels.contains("request_id"));
    assert!(
        places
            .iter()
            .any(|place| place.name.ends_with("store.db-wal"))
    );

    let leaks: Vec<_> = places.iter().flat_map(Place::leaks).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
    println!(
        "{} markers in {cases} calls; {} places with {} bytes searched",
        world.markers.count,
        places.len(),
        places
            .iter()
            .map(|place| place.content.len())
            .sum::<usize>(),
    );

    // What is planted is found: in every place, in every form,
    for place in &places {
        for (form, planted) in search::forms(&Markers::default().next()) {
            let found = place.with_planted(&planted).leaks();
            assert!(!found.is_empty(), "{form} in {} is not found", place.name);
        }
    }
    // and where the server itself leaks.
    let leaked = world.markers.next();
    calls::call_leaky(&leaked, Leaky).await;
    assert!(!Place::new("log", log.text()).leaks().is_empty());
}

/// Every field of a request that the contract marks, by its path.
fn declared(pool: &DescriptorPool) -> BTreeSet<String> {
    let service = pool.get_service_by_name(SERVICE).unwrap();
    let declared: BTreeSet<_> = service
        .methods()
        .flat_map(|method| markers::secret_fields(&method.input()))
        .collect();
    assert!(declared.len() > 10, "{declared:?}");
    declared
}

/// Logs what it is given, as nobody should.
struct Leaky;

impl Authenticate for Leaky {
    type Caller = Caller;

    async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, tonic::Status> {
        tracing::trace!(?headers, "a planted leak");
        Ok(Caller::new(ADMIN_SUBJECT, Role::Admin))
    }
}
