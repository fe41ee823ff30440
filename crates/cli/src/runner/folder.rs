//! A folder of runner files: which runners there are to be, and what that changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use runner_configuration_service::store::{Change, Runner, Store};
use uuid::Uuid;

use super::file::{self, RunnerFile};
use super::{present_key, title};
use crate::error::Error;

/// What runner files are called. Others are passed over.
const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

/// Reads all runner files of a folder, in the order of their names.
///
/// # Errors
///
/// All faults of all files, together.
pub(crate) fn read(folder: &Path) -> Result<Vec<RunnerFile>, Error> {
    let mut runners: Vec<RunnerFile> = Vec::new();
    let mut faults = Vec::new();
    for path in files(folder)? {
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                faults.push(format!("{}: cannot be read: {error}", path.display()));
                continue;
            }
        };
        match file::parse(&text) {
            Ok(found) => {
                for runner in found {
                    if runners.iter().any(|other| other.id == runner.id) {
                        let id = runner.id;
                        faults.push(format!("{}: runner {id} is there twice", path.display()));
                    }
                    runners.push(runner);
                }
            }
            Err(what) => faults.push(format!("{}: {what}", path.display())),
        }
    }
    match faults.is_empty() {
        true => Ok(runners),
        false => Err(Error::RunnerFolder(faults)),
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let cannot = |reason| Error::Input {
        from: folder.display().to_string(),
        reason,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if extension.is_some_and(|extension| EXTENSIONS.contains(&extension)) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What becomes of one runner.
#[derive(Debug)]
pub(crate) enum Step {
    Create(Runner),
    /// With what differs.
    Update(Runner, Vec<&'static str>),
    Keep(Runner),
}

impl Step {
    pub(crate) fn is_change(&self) -> bool {
        !matches!(self, Self::Keep(_))
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Create(runner) => write!(f, "create {}", title(runner)),
            Self::Update(runner, what) => {
                write!(f, "update {}: {}", title(runner), what.join(", "))
            }
            Self::Keep(runner) => write!(f, "keep {}", title(runner)),
        }
    }
}

/// What runner files change. Runners that no file names stay as they are.
pub(crate) async fn plan(store: &impl Store, files: Vec<RunnerFile>) -> Result<Vec<Step>, Error> {
    let mut steps = Vec::new();
    for file in files {
        let current = store.runner(file.id).await?;
        let runner = file.over(current.clone());
        steps.push(match current {
            None => Step::Create(runner),
            Some(current) => match differences(&current, &runner) {
                what if what.is_empty() => Step::Keep(runner),
                what => Step::Update(runner, what),
            },
        });
    }
    Ok(steps)
}

fn differences(current: &Runner, runner: &Runner) -> Vec<&'static str> {
    let differs = [
        ("name", current.name != runner.name),
        ("kind", current.kind != runner.kind),
        ("provider", current.provider != runner.provider),
        ("publicKey", current.public_key != runner.public_key),
        ("schema", current.schema != runner.schema),
    ];
    let names = differs.into_iter().filter(|(_, differs)| *differs);
    names.map(|(name, _)| name).collect()
}

/// Makes the runners of a folder what their files say, and logs what that changes.
pub(crate) async fn apply(store: &impl Store, folder: &Path) -> Result<(), Error> {
    let steps = plan(store, read(folder)?).await?;
    let changes = steps.iter().filter(|step| step.is_change()).count();
    tracing::info!(
        folder = %folder.display(),
        runners = steps.len(),
        changes,
        "the runners of the folder"
    );
    for step in steps {
        if step.is_change() {
            tracing::info!("{step}");
        }
        let (Step::Create(runner) | Step::Update(runner, _)) = step else {
            continue;
        };
        let change = Change::by_operator("serve", SystemTime::now());
        let _done = store.put_runner(change, runner.clone()).await?;
        warn_of_stale_secrets(store, runner.id, &runner).await?;
    }
    Ok(())
}

async fn warn_of_stale_secrets(store: &impl Store, id: Uuid, runner: &Runner) -> Result<(), Error> {
    let stale = store.stale_secrets(id, present_key(runner)).await?;
    if !stale.is_empty() {
        tracing::warn!(
            runner = %id,
            secrets = stale.len(),
            "secrets were sealed to another key and have to be entered again: runnerconf runner secrets lists them"
        );
    }
    Ok(())
}
