//! Why a copy did not come to its end.

use std::fmt;

use crate::store::StoreError;

/// A copy is not finished. The texts say what to do.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// One of the stores could not be used.
    #[error("{side}: {error}{}", hint(error))]
    Store {
        /// Which of them.
        side: Side,
        /// Why not.
        error: StoreError,
    },

    /// The destination did not take some rows.
    #[error(
        "the destination does not take the {kind} from {} to {last}: {error}{}",
        first.as_deref().unwrap_or_default(),
        hint(error)
    )]
    Write {
        /// What they are.
        kind: &'static str,
        /// The id of the first.
        first: Option<String>,
        /// The id of the last.
        last: String,
        /// Why not.
        error: StoreError,
    },

    /// The destination holds data that are not of this copy. It was left as it is.
    #[error(
        "the destination is not empty, and not a copy of this source: give a file that does not exist, or an empty database"
    )]
    NotEmpty,

    /// The destination is the unfinished copy of another source, or of another state of this one.
    #[error(
        "the destination is the unfinished copy of {source_name} in another state: copy from that store as it was, or \
         empty the destination (remove the file, or drop and create the database) and copy again"
    )]
    OtherCopy {
        /// What the source of that copy was called.
        source_name: String,
    },

    /// The source was changed while it was copied.
    #[error(
        "the source was changed while it was copied: stop all servers that use it, empty the destination (remove the \
         file, or drop and create the database) and copy again"
    )]
    SourceChanged,

    /// Something in the source is not what it has to be.
    #[error(
        "{kind} {id} of the source is damaged: runnerconf store check lists all that is; restore the store from a backup"
    )]
    Malformed {
        /// What it is.
        kind: &'static str,
        /// Its id.
        id: String,
    },

    /// What was copied is not equal to the source: something else has written to the destination.
    #[error(
        "the {kind} differ: {source_count} in the source, {destination_count} in the destination, which something else \
         has written to; empty the destination (remove the file, or drop and create the database) and copy again"
    )]
    Different {
        /// What differs.
        kind: &'static str,
        /// How many there are in the source.
        source_count: u64,
        /// How many there are in the destination.
        destination_count: u64,
    },
}

/// One of the two stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The store that is copied.
    Source,
    /// The store that becomes the copy.
    Destination,
}

impl Side {
    pub(super) fn error(self) -> impl Fn(StoreError) -> CopyError {
        move |error| CopyError::Store { side: self, error }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "the source",
            Self::Destination => "the destination",
        })
    }
}

/// What helps, where the error itself does not say that.
fn hint(error: &StoreError) -> &'static str {
    match error {
        StoreError::Busy | StoreError::Unavailable { .. } | StoreError::OutcomeUnknown { .. } => {
            "; then run the same command again: it goes on from here"
        }
        StoreError::DuplicateId => {
            "; something else writes to the destination: see to it that nothing does, and run the same command again"
        }
        _ => "",
    }
}
