//! A copy that is killed again and again.

use std::io::Read as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use runner_configuration_service::store::postgres::PostgresOptions;
use runner_configuration_service::store::sqlite::SqliteOptions;
use runner_configuration_service::store::tables::{TABLES, Tables};

use super::{copy, filling};
use crate::database::Database;
use crate::support::{Folder, printed, runnerconf};

/// Where it is killed, in percent of all rows.
const KILLS: [u64; 3] = [10, 30, 60];

/// How many classes and tokens there are together.
fn objects() -> u64 {
    let objects = std::env::var("COPY_OBJECTS");
    objects.map_or(2_000, |objects| objects.parse().unwrap())
}

#[tokio::test]
async fn a_copy_that_is_killed_three_times_becomes_equal() {
    let Some(database) = Database::create() else {
        return;
    };
    let (folder, objects) = (Folder::new(), objects());
    let file = folder.path("store.db");
    let start = Instant::now();
    filling::fill(&file, objects).await;
    println!("made {objects} objects in {:.1?}", start.elapsed());
    let from = format!("sqlite://{}", file.display());
    let mut source = SqliteOptions::new().open_tables(&file).unwrap();
    let total = rows(&mut source).await;

    // A few objects take many small transactions, so that there is time to be killed in.
    let batch = (objects / 2_000).clamp(1, 1_000).to_string();
    let start_copy = || {
        let mut command = copy(&from, &database.url());
        command.args(["--batch", &batch]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let options = PostgresOptions::from_url(&database.url()).unwrap();
    let mut destination = options.open_tables().await.unwrap();
    let (start, mut copied) = (Instant::now(), 0);
    for percent in KILLS {
        let mut process = start_copy().spawn().unwrap();
        let wanted = total * percent / 100;
        while copied < wanted {
            tokio::time::sleep(Duration::from_millis(2)).await;
            copied = rows(&mut destination).await;
            assert!(process.try_wait().unwrap().is_none(), "{}", end(process));
        }
        // With SIGKILL.
        process.kill().unwrap();
        process.wait().unwrap();
        copied = rows(&mut destination).await;
        println!(
            "killed after {copied} of {total} rows, {:.1?}",
            start.elapsed()
        );
        assert!(copied < total, "it was complete");
        assert!(destination.mark().await.unwrap().is_some());
        for command in [["runner", "list"], ["store", "check"]] {
            let mut command = runnerconf(command);
            command.args(["--database", &database.url()]);
            let output = command.output().unwrap();
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8(said).unwrap();
            assert!(!output.status.success(), "{said}");
            assert!(said.contains("unfinished copy of "), "{said}");
        }
    }
    let mut serve = folder.serve();
    serve.args(["--database", &database.url()]);
    let refused = complaint_of_server(serve);
    assert!(
        refused.contains("finish it with runnerconf store copy"),
        "{refused}"
    );

    let output = start_copy().output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{said}{:?}",
        String::from_utf8(output.stderr)
    );
    let elapsed = start.elapsed();
    println!(
        "copied and compared {total} rows in {elapsed:.1?}, with the kills and starts: {:.0} rows/s; {said}",
        total as f64 / elapsed.as_secs_f64()
    );
    assert!(
        said.contains(&format!("{} environment classes", objects / 2)),
        "{said}"
    );

    are_equal(&mut source, &mut destination).await;
    let check = runnerconf(["store", "check", "--database", &database.url()]);
    let start = Instant::now();
    let checked = printed(check);
    assert_eq!(checked, format!("no fault in {total} rows\n"));
    println!("checked it in {:.1?}", start.elapsed());
}

async fn rows(tables: &mut dyn Tables) -> u64 {
    let mut rows = 0;
    for table in TABLES {
        rows += tables.count(table).await.unwrap();
    }
    rows
}

/// Compares all values; the copy itself compares hashes.
async fn are_equal(source: &mut dyn Tables, destination: &mut dyn Tables) {
    for table in TABLES {
        let mut after = None;
        loop {
            let there = source.read(table, after.clone(), 5_000).await.unwrap();
            let copied = destination.read(table, after, 5_000).await.unwrap();
            assert!(there == copied, "{table:?}");
            let Some(last) = there.last() else { break };
            after = Some(last[0].clone());
        }
    }
}

/// What the program said before it ended.
fn end(mut process: Child) -> String {
    let mut said = String::new();
    process
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    process
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    said
}

/// A server writes logs before.
fn complaint_of_server(mut command: std::process::Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}
