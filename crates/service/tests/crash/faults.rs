//! The disk fails for a while: what is refused has changed nothing, and the store works again when the disk does.

use std::sync::Arc;

use runner_configuration_service::store::StoreError;
use runner_configuration_service::store::sqlite::SqliteOptions;

use crate::disk::{Disk, Failure};
use crate::vfs::Vfs;
use crate::workload::{Caller, check, try_change, work};

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
