//! Clocks of machines jump: none of it shows in what is stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use runner_configuration::v1::*;
use runner_configuration_service::store::Store as _;
use runner_configuration_service::store::sqlite::SqliteStore;
use runner_configuration_service::{Clock, Service, SystemRandomness};

use crate::support::requests::*;
use crate::support::*;

/// Seconds since 1970.
#[derive(Clone, Default)]
struct Jumping(Arc<AtomicI64>);

impl Clock for Jumping {
    fn now(&self) -> SystemTime {
        let seconds = self.0.load(Ordering::Relaxed);
        let distance = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 {
            UNIX_EPOCH - distance
        } else {
            UNIX_EPOCH + distance
        }
    }
}

const NOON: i64 = 1_772_323_200;
/// Forwards, backwards, before 1970, and beyond what a UUID can say.
const JUMPS: [i64; 8] = [
    NOON,
    NOON + 86_400 * 365 * 50,
    NOON - 86_400,
    0,
    -86_400 * 365 * 10,
    NOON,
    i64::MAX / 1_000_000,
    NOON + 1,
];

async fn create(world: &World, service: &Service<SqliteStore>) -> String {
    let created = call!(service, ADMIN, create_environment_class, create_class()).unwrap();
    let id = created.id;
    assert_eq!(world.class(&id).await.id, id);
    let request = UpdateEnvironmentClassRequest {
        enabled: Some(false),
        ..update_class(&id)
    };
    call!(service, ADMIN, update_environment_class, request).unwrap();
    assert!(!world.class(&id).await.enabled);
    id
}

/// All classes, two at a time.
async fn list(service: &Service<SqliteStore>) -> Vec<String> {
    let (mut ids, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListEnvironmentClassesRequest {
            pagination: Some(PaginationRequest {
                page_size: 2,
                token,
            }),
            ..Default::default()
        };
        let reply = call!(service, ADMIN, list_environment_classes, request).unwrap();
        ids.extend(reply.environment_classes.into_iter().map(|it| it.id));
        token = reply.pagination.unwrap().next_token;
        if token.is_empty() {
            return ids;
        }
    }
}

#[tokio::test]
async fn lists_are_in_the_order_of_creation_whatever_the_clock_does() {
    let world = World::new().await;
    let clock = Jumping::default();
    let service = Service::with(Arc::clone(&world.store), clock.clone(), SystemRandomness);
    let mut created = Vec::new();
    for seconds in JUMPS {
        clock.0.store(seconds, Ordering::Relaxed);
        for _ in 0..3 {
            created.push(create(&world, &service).await);
        }
        assert_eq!(list(&service).await, created, "at {seconds}");
    }
}

/// A new process knows nothing of the ids of the last one: objects that it makes while the clock is behind stand before
/// others. Pages hold everything once all the same.
#[tokio::test]
async fn pages_hold_everything_once_after_a_restart_with_another_time() {
    let world = World::new().await;
    let mut created = Vec::new();
    for seconds in JUMPS {
        let clock = Jumping(Arc::new(AtomicI64::new(seconds)));
        let service = Service::with(Arc::clone(&world.store), clock, SystemRandomness);
        for _ in 0..3 {
            created.push(create(&world, &service).await);
        }
        let (mut listed, mut expected) = (list(&service).await, created.clone());
        assert!(listed.is_sorted());
        listed.sort();
        expected.sort();
        assert_eq!(listed, expected, "at {seconds}");
    }
}

/// The record of changes is in the order in which they were made, each with the time that the clock showed.
#[tokio::test]
async fn changes_are_recorded_in_their_order_whatever_the_clock_does() {
    let world = World::new().await;
    let clock = Jumping::default();
    let service = Service::with(Arc::clone(&world.store), clock.clone(), SystemRandomness);
    let before = world.store.changes(0, 1000).await.unwrap().len();
    let mut expected = Vec::new();
    for seconds in JUMPS {
        clock.0.store(seconds, Ordering::Relaxed);
        let id: uuid::Uuid = create(&world, &service).await.parse().unwrap();
        expected.extend([(id, clock.now()), (id, clock.now())]);
    }
    let recorded = world.store.changes(0, 1000).await.unwrap();
    let recorded: Vec<_> = recorded[before..]
        .iter()
        .map(|change| (change.object, change.at))
        .collect();
    assert_eq!(recorded, expected);
    // What is older goes, wherever it stands; what only stands behind it stays.
    let noon = UNIX_EPOCH + Duration::from_secs(NOON as u64);
    let forgotten = world.store.forget_changes(noon).await.unwrap();
    assert_eq!(forgotten, 2 * 3);
    let left = world.store.changes(0, 1000).await.unwrap();
    assert!(left.iter().all(|change| change.at >= noon));
    assert_eq!(left.len(), before + expected.len() - 2 * 3);
}
