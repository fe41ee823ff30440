//! The machine goes off: what was not synced is lost.

use std::path::Path;
use std::sync::Arc;

use runner_configuration_service::store::Store;
use runner_configuration_service::store::sqlite::{SqliteOptions, SqliteStore, Synchronous};
use tokio::task::JoinSet;

use crate::disk::{Disk, Loss};
use crate::random::Random;
use crate::rounds;
use crate::vfs::Vfs;
use crate::workload::{Caller, check, work};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_the_loss_of_all_that_was_not_synced() {
    survive(Loss::Everything, Synchronous::Full).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_the_loss_of_parts_of_what_was_not_synced() {
    survive(Loss::Parts, Synchronous::Full).await.unwrap();
}

/// The proof that these tests can fail: without waiting for the disk, changes are lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_syncs_the_loss_is_noticed() {
    for loss in [Loss::Everything, Loss::Parts] {
        let lost = survive(loss, Synchronous::Off).await.unwrap_err();
        println!("noticed, as it should be ({loss:?}): {lost}");
    }
}

/// How many crashes a store goes through before the next one is made.
const CRASHES_OF_A_STORE: u32 = 10;

/// Crashes stores again and again; fails if one does not hold what it should.
async fn survive(loss: Loss, synchronous: Synchronous) -> Result<(), String> {
    let mut random = Random::new(0xdead);
    let mut acknowledged = 0;
    let rounds = rounds();
    for first in (0..rounds).step_by(CRASHES_OF_A_STORE as usize) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        let mut callers = Caller::all(random.next());
        for round in first..rounds.min(first + CRASHES_OF_A_STORE) {
            crash_at_work(&file, &mut callers, &mut random, loss, synchronous).await;
            if random.one_in(3) {
                crash_at_start_or_end(&file, &mut random, loss, synchronous).await;
            }
            check(&file, &mut callers)
                .await
                .map_err(|what| format!("round {round}: {what}"))?;
        }
        acknowledged += callers.iter().map(Caller::made).sum::<u64>();
    }
    println!("{rounds} crashes, losing {loss:?}: {acknowledged} changes are all there");
    Ok(())
}

/// Lets the callers work until the machine goes off, which may be while the store is opened.
async fn crash_at_work(
    file: &Path,
    callers: &mut Vec<Caller>,
    random: &mut Random,
    loss: Loss,
    synchronous: Synchronous,
) {
    // Sometimes early, to fall into the start; sometimes late, to fall into a checkpoint.
    let operations = 1 + random.next() % random.pick(&[50, 500, 5000]);
    let vfs = Vfs::register(&Arc::new(Disk::working_for(operations)));
    if let Ok(store) = open(file, &vfs, synchronous) {
        let store = Arc::new(store);
        let mut tasks = JoinSet::new();
        for (number, caller) in callers.drain(..).enumerate() {
            let store = Arc::clone(&store);
            let most = caller.made() + 200;
            tasks.spawn(async move { (number, work(&*store, caller, most, |_| {}).await) });
        }
        let mut done = tasks.join_all().await;
        done.sort_by_key(|(number, _)| *number);
        callers.extend(done.into_iter().map(|(_, caller)| caller));
        vfs.disk().crash();
    }
    vfs.disk().restart(loss, random);
}

/// Opens and closes the store until the machine goes off.
async fn crash_at_start_or_end(
    file: &Path,
    random: &mut Random,
    loss: Loss,
    synchronous: Synchronous,
) {
    let operations = 1 + random.next() % 60;
    let vfs = Vfs::register(&Arc::new(Disk::working_for(operations)));
    while !vfs.disk().has_crashed() {
        if let Ok(store) = open(file, &vfs, synchronous) {
            store.close().await.unwrap();
        }
    }
    vfs.disk().restart(loss, random);
}

fn open(file: &Path, vfs: &Vfs, synchronous: Synchronous) -> Result<SqliteStore, String> {
    let options = SqliteOptions::new()
        .synchronous(synchronous)
        .vfs(vfs.name());
    options.open(file).map_err(|error| error.to_string())
}
