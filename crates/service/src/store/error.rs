//! What can go wrong with the store itself.

/// The store could not do what it was asked to.
///
/// The texts are for operators: they say what to do, and hold neither statements nor data.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process holds the store for longer than a change may wait. Nothing was changed.
    #[error("the store is busy: another process is writing to it; try again")]
    Busy,

    /// The store cannot be used for now: it is closed, or out of space, or its medium fails. Nothing was changed.
    #[error("the store is unavailable: {reason}")]
    Unavailable {
        /// What is in the way, and what to do.
        reason: String,
    },

    /// The change was sent and its outcome is not known: look at the object before trying again.
    #[error("it is not known whether the change was stored: {reason}; look before you try again")]
    OutcomeUnknown {
        /// What happened.
        reason: String,
    },

    /// The store has no way to hold what it was given: it has to be changed first. Nothing was changed.
    #[error("this cannot be stored: {reason}")]
    Unstorable {
        /// What is in the way, and what to do. Repeats nothing of what was given.
        reason: String,
    },

    /// What is stored is not what was written.
    #[error("the store is damaged: {what}; restore it from a backup")]
    Damaged {
        /// What was found.
        what: String,
    },

    /// The store is of something else.
    #[error("{what}; choose another data folder or database")]
    Foreign {
        /// What it is instead.
        what: String,
    },

    /// The store is being copied from another one, or that was interrupted.
    #[error(
        "the store is an unfinished copy of {source_name}; finish it with runnerconf store copy, or remove it"
    )]
    UnfinishedCopy {
        /// What it is the copy of.
        source_name: String,
    },

    /// The store was written by a newer version of this program.
    #[error(
        "the store has schema version {found}, this program knows versions up to {supported}; \
         use the newer program, or restore a backup from before the upgrade"
    )]
    NewerVersion {
        /// The version of the store.
        found: u32,
        /// The newest version that this program can use.
        supported: u32,
    },

    /// What was said about where the store is cannot be used.
    #[error("the URL of the database cannot be used: {reason}")]
    Address {
        /// Why not, and what to do.
        reason: String,
    },

    /// The files of the store cannot be used.
    #[error("cannot use {path}: {reason}")]
    Io {
        /// The file or folder.
        path: String,
        /// Why not, and what to do.
        reason: String,
    },

    /// The id of a new object is taken. Ids are random: this is a broken source of randomness, or the same change
    /// sent twice. Nothing was changed.
    #[error("the id of the new object is taken already; create it with another id")]
    DuplicateId,
}

impl StoreError {
    /// The names of all kinds of errors.
    pub const KINDS: [&'static str; 11] = [
        "busy",
        "unavailable",
        "outcome_unknown",
        "damaged",
        "foreign",
        "newer_version",
        "address",
        "io",
        "duplicate_id",
        "unfinished_copy",
        "unstorable",
    ];

    /// The name of this kind of error, for metrics.
    pub const fn kind(&self) -> &'static str {
        Self::KINDS[self.kind_index()]
    }

    /// The index of this kind of error in [`KINDS`](Self::KINDS).
    pub const fn kind_index(&self) -> usize {
        match self {
            Self::Busy => 0,
            Self::Unavailable { .. } => 1,
            Self::OutcomeUnknown { .. } => 2,
            Self::Damaged { .. } => 3,
            Self::Foreign { .. } => 4,
            Self::NewerVersion { .. } => 5,
            Self::Address { .. } => 6,
            Self::Io { .. } => 7,
            Self::DuplicateId => 8,
            Self::UnfinishedCopy { .. } => 9,
            Self::Unstorable { .. } => 10,
        }
    }

    /// Whether the same call may succeed a little later, unchanged.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable { .. })
    }

    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }

    pub(crate) fn unstorable(reason: impl Into<String>) -> Self {
        Self::Unstorable {
            reason: reason.into(),
        }
    }

    pub(crate) fn admin_key_taken() -> Self {
        Self::unstorable("the admin key is another API key already; choose a new one")
    }

    pub(crate) fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable {
            reason: reason.into(),
        }
    }
}
