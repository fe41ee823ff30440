//! The disk fails for a while: what is refused has changed nothing, and the store works again when the disk does.

use std::sync::Arc;
use std::time::Duration;

use runner_configuration_service::store::sqlite::SqliteOptions;
use runner_configuration_service::store::{Store as _, StoreError};

use crate::disk::{Disk, Failure};
use crate::vfs::Vfs;
use crate::workload::{CALLERS, Caller, check, try_change, work};

#[tokio::test]
async fn a_full_disk_refuses_changes_until_there_is_space() {
    fail_and_mend(Failure::Full, false, |error| {
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(error.to_string().contains("free"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_broken_disk_refuses_changes_until_it_works() {
    fail_and_mend(Failure::Broken, false, |error| {
        let is_told = matches!(
            error,
            StoreError::Unavailable { .. } | StoreError::OutcomeUnknown { .. }
        );
        assert!(is_told, "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_failed_sync_leaves_the_outcome_unknown() {
    fail_and_mend(Failure::Broken, true, |error| {
        assert!(
            matches!(error, StoreError::OutcomeUnknown { .. }),
            "{error:?}"
        );
    })
    .await;
}

/// On one thread: if anything blocked it, this would not come to its end.
#[tokio::test(flavor = "current_thread")]
async fn a_disk_that_takes_for_ever_holds_up_changes_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.db");
    let vfs = Vfs::register(&Arc::new(Disk::working_for(u64::MAX)));
    let store = SqliteOptions::new().vfs(vfs.name()).open(&file).unwrap();
    let store = Arc::new(store);
    let mut callers = Caller::all(7);
    for caller in &mut callers {
        *caller = work(&*store, caller.clone(), 50, |_| {}).await;
    }

    vfs.disk().hold(true);
    let changes: Vec<_> = callers
        .iter()
        .map(|caller| {
            let (store, caller) = (Arc::clone(&store), caller.clone());
            tokio::spawn(async move { try_change(&*store, &caller).await })
        })
        .collect();
    while vfs.disk().waiting() == 0 {
        tokio::task::yield_now().await;
    }
    // Look-ups go on, and see nothing that is not acknowledged.
    for caller in &mut callers {
        let made = caller.made();
        let changes = caller.made();
        caller
            .compare(&caller.look(&*store, changes).await.unwrap())
            .unwrap();
        assert_eq!(caller.made(), made);
    }
    // A caller's deadline counts. Its change may be made later.
    let mut late = Caller::some(7, CALLERS as u64..CALLERS as u64 + 1);
    let change = try_change(&*store, &late[0]);
    let deadline = Duration::from_millis(10);
    assert!(tokio::time::timeout(deadline, change).await.is_err());
    assert!(changes.iter().all(|change| !change.is_finished()));

    vfs.disk().hold(false);
    for (caller, change) in callers.iter_mut().zip(changes) {
        *caller = change.await.unwrap().unwrap();
    }
    store.close().await.unwrap();
    drop(store);
    drop(vfs);
    callers.append(&mut late);
    check(&file, &mut callers).await.unwrap();
}

async fn fail_and_mend(failure: Failure, only_syncs: bool, expect: impl Fn(StoreError)) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.db");
    let vfs = Vfs::register(&Arc::new(Disk::working_for(u64::MAX)));
    let store = SqliteOptions::new().vfs(vfs.name()).open(&file).unwrap();
    let mut callers = Caller::all(7);
    for _ in 0..10 {
        for caller in &mut callers {
            let most = caller.made() + 7;
            *caller = work(&store, caller.clone(), most, |_| {}).await;
            vfs.disk().fail(failure, only_syncs);
            expect(try_change(&store, caller).await.err().unwrap());
            vfs.disk().mend();
            // What was refused is not there: the same change succeeds.
            *caller = work(&store, caller.clone(), most + 1, |_| {}).await;
            assert_eq!(caller.made(), most + 1);
        }
    }
    drop(store);
    drop(vfs);
    check(&file, &mut callers).await.unwrap();
}
