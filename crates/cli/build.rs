//! Finds out which version this is.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set by whoever builds where git's history is not, such as in a container.
const GIVEN: &str = "RUNNERCONF_VERSION";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={GIVEN}");
    let given = env::var(GIVEN).ok().filter(|given| !given.is_empty());
    let version = match given.or_else(described) {
        Some(described) => version(&described),
        None => PACKAGE.to_owned(),
    };
    println!("cargo::rustc-env={GIVEN}={version}");
}

const PACKAGE: &str = env!("CARGO_PKG_VERSION");

/// `1.2.3` for the tag `v1.2.3`, `1.2.3-4-gabc1234` for four commits after it; where there is no tag, the package's version
/// and the commit: `1.2.3+gabc1234`.
fn version(described: &str) -> String {
    let is_commit = described.bytes().all(|digit| digit.is_ascii_hexdigit());
    match described.strip_prefix('v') {
        Some(tag) => tag.to_owned(),
        None if is_commit => format!("{PACKAGE}+g{described}"),
        None => described.to_owned(),
    }
}

/// What git says of the source. Whether files were changed since is left out: the build would not be made again for it.
fn described() -> Option<String> {
    let root = root()?;
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(&root)
            .args(arguments)
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        let text = String::from_utf8(output.stdout).ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let described = git(&["describe", "--tags", "--always", "--match", "v[0-9]*"])?;
    // What changes with a commit, another branch, and a tag.
    for place in ["HEAD", "logs/HEAD", "packed-refs", "refs/tags"] {
        let path = git(&["rev-parse", "--git-path", place]).map(|path| root.join(path));
        if let Some(path) = path.filter(|path| path.exists()) {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    Some(described)
}

/// The top folder of this project, if this is its git tree: a packaged or vendored crate is in somebody else's.
fn root() -> Option<PathBuf> {
    let crate_folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?);
    let root = crate_folder.ancestors().nth(2)?;
    let is_ours = crate_folder.ends_with(Path::new("crates/cli")) && root.join(".git").exists();
    is_ours.then(|| root.to_owned())
}
