//! What SQLite's errors mean to the store. Only codes are looked at: SQLite's texts may quote statements.

use rusqlite::{Error, ErrorCode, ffi};

use crate::store::StoreError;

/// The meaning of an error that occurred while reading or changing, but before anything was committed.
pub(super) fn from_sqlite(error: Error) -> StoreError {
    match error {
        Error::SqliteFailure(failure, _) | Error::SqlInputError { error: failure, .. } => {
            from_failure(failure)
        }
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::InvalidColumnIndex(_)
        | Error::InvalidColumnName(_)
        | Error::Utf8Error(..) => StoreError::damaged("a column holds what it must not hold"),
        _ => StoreError::unavailable("its driver refused a statement"),
    }
}

/// The meaning of an error that a commit reported.
///
/// After a failed sync the pages may be in the log all the same, and a restart would find them there.
pub(super) fn from_commit(error: Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::SystemIoFailure) => StoreError::OutcomeUnknown {
            reason: "its medium failed while the change was written; check the disk".into(),
        },
        _ => from_sqlite(error),
    }
}

fn from_failure(failure: ffi::Error) -> StoreError {
    match failure.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
        ErrorCode::DatabaseCorrupt => StoreError::damaged("a part of the database is malformed"),
        ErrorCode::NotADatabase => StoreError::damaged("the file is not a SQLite database"),
        ErrorCode::DiskFull => StoreError::unavailable("the disk is full; free some space"),
        ErrorCode::ReadOnly => {
            StoreError::unavailable("its files are read-only; make the data folder writable")
        }
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            StoreError::unavailable(format!(
                "its files cannot be read or written (SQLite code {}); check the disk and the \
                 permissions of the data folder",
                failure.extended_code
            ))
        }
        ErrorCode::OutOfMemory => StoreError::unavailable("memory is exhausted"),
        ErrorCode::ConstraintViolation
            if failure.extended_code == ffi::SQLITE_CONSTRAINT_PRIMARYKEY =>
        {
            StoreError::DuplicateId
        }
        ErrorCode::ConstraintViolation => StoreError::damaged("its parts contradict each other"),
        _ => StoreError::damaged(format!(
            "a statement does not fit the database (SQLite code {})",
            failure.extended_code
        )),
    }
}
