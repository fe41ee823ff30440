//! No core dumps: what is in memory, secrets among it, stays there.

use crate::error::Error;

/// Switches core dumps of this process off. On Linux other processes of the same user can't read its memory either.
#[cfg(unix)]
pub(crate) fn switch_off() -> Result<(), Error> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none).map_err(|error| Error::Start(error.into()))?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .map_err(|error| Error::Start(error.into()))?;
    Ok(())
}

/// There is nothing that this platform offers for it.
#[cfg(not(unix))]
pub(crate) fn switch_off() -> Result<(), Error> {
    Ok(())
}
