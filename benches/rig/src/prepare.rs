//! Writes the requests to `requests` in a folder, and fills a store in `data` there, through the store's own interface,
//! unless it is there already.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use benches_common::{Failure, objects};
use prost::Message;
use runner_configuration_service::ADMIN_SUBJECT;
use runner_configuration_service::store::sqlite::{FILE_NAME, SqliteOptions, Synchronous};
use runner_configuration_service::store::{Change, Created, Store};
use serde::Serialize;

const CALLERS: usize = 64;

pub(crate) async fn prepare(folder: &Path, classes: &str) -> Result<(), Failure> {
    write_requests(&folder.join("requests"))?;
    let done = folder.join("filled");
    let data = folder.join("data");
    // A store that a version in the making has filled is of no use to another one.
    if !done.exists() || SqliteOptions::new().open(data.join(FILE_NAME)).is_err() {
        if data.exists() {
            std::fs::remove_dir_all(&data)?;
        }
        fill(&data.join(FILE_NAME), classes.parse()?).await?;
        std::fs::write(done, classes)?;
    }
    Ok(())
}

fn write_requests(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    write(folder, "get", &objects::get())?;
    write(folder, "list-25", &objects::list(25, None))?;
    write(folder, "list-100", &objects::list(100, None))?;
    write(folder, "list-100-of-runner", &objects::list(100, Some(7)))?;
    write(folder, "create", &objects::create())?;
    write(folder, "validate", &objects::validate())
}

/// As JSON, as protobuf, and in gRPC's frame.
fn write(folder: &Path, name: &str, request: &(impl Message + Serialize)) -> Result<(), Failure> {
    let encoded = request.encode_to_vec();
    let length = u32::try_from(encoded.len())?.to_be_bytes();
    let framed = [&[0], &length[..], &encoded].concat();
    std::fs::write(
        folder.join(format!("{name}.json")),
        serde_json::to_vec(request)?,
    )?;
    std::fs::write(folder.join(format!("{name}.bin")), encoded)?;
    std::fs::write(folder.join(format!("{name}.grpc")), framed)?;
    Ok(())
}

async fn fill(file: &Path, classes: usize) -> Result<(), Failure> {
    // Nothing of it has to survive a crash: what is not whole is made again.
    let options = SqliteOptions::new().synchronous(Synchronous::Off);
    let store = Arc::new(options.open(file)?);
    let change = || Change::by(ADMIN_SUBJECT, "CreateEnvironmentClass", SystemTime::now());
    for runner in 0..objects::RUNNERS {
        let _created = store.put_runner(change(), objects::runner(runner)).await?;
    }
    let next = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (store, next) = (Arc::clone(&store), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= classes {
                        return Ok::<_, Failure>(());
                    }
                    let class = objects::class(number);
                    match store.create_environment_class(change(), class).await? {
                        Created::Done => {}
                        Created::RunnerNotFound => return Err("there is no runner".into()),
                    }
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await??;
    }
    store.close().await?;
    Ok(())
}
