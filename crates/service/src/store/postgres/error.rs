//! What PostgreSQL's errors mean to the store. Only codes are looked at: texts may quote statements and values.

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::store::StoreError;

/// Why an attempt did not succeed. Nothing was changed by it, unless the error inside says otherwise.
#[derive(Debug)]
pub(super) enum Failure {
    /// It met another transaction, and may succeed when it is repeated.
    Conflict,
    /// The connection is gone; it may succeed on another one.
    Disconnected,
    /// Repeating it is of no use.
    Final(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Final(error)
    }
}

/// The meaning of an error before the commit.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error.code() {
            Some(code) => from_state(code, &error),
            // Without a code it is the connection's, or our own: a parameter that cannot be sent, say.
            None if error.is_closed() || is_io(&error) => Self::Disconnected,
            None => Self::Final(StoreError::damaged(
                "a value does not fit the column that it belongs to",
            )),
        }
    }
}

/// The meaning of an error that a commit reported: what is known to be rolled back, and everything else.
pub(super) fn from_commit(error: &Error) -> Failure {
    match error.code() {
        Some(code) if is_conflict(code) => Failure::Conflict,
        _ => unknown("the connection to the database was lost while the change was committed"),
    }
}

pub(super) fn unknown(reason: &str) -> Failure {
    Failure::Final(StoreError::OutcomeUnknown {
        reason: reason.into(),
    })
}

/// The meaning of an error while a connection was made.
pub(super) fn from_connect(error: &Error) -> StoreError {
    if let Some(code) = error.code() {
        let reason = match *code {
            SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                "the database refuses the user or the password; check both, and pg_hba.conf"
            }
            SqlState::INVALID_CATALOG_NAME => {
                "there is no database of this name; create it, or correct its URL"
            }
            SqlState::TOO_MANY_CONNECTIONS => {
                "the database has no connection left; lower the number of replicas or connections, or raise \
                 max_connections"
            }
            SqlState::CANNOT_CONNECT_NOW => "the database is starting or stopping; try again",
            _ => return unavailable_code("the database refuses connections", code),
        };
        return StoreError::unavailable(reason);
    }
    // Neither text holds the password: the one is the operating system's, or that of the TLS library.
    let mut cause = String::new();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        cause = format!(": {inner}");
        source = inner.source();
    }
    StoreError::unavailable(format!(
        "no connection to the database can be made{cause}; check that it runs, its URL and its certificate"
    ))
}

fn from_state(code: &SqlState, error: &Error) -> Failure {
    if is_conflict(code) {
        return Failure::Conflict;
    }
    let error = match *code {
        SqlState::LOCK_NOT_AVAILABLE => StoreError::Busy,
        SqlState::QUERY_CANCELED => StoreError::unavailable(
            "a statement took longer than it may; look at the load of the database",
        ),
        SqlState::UNIQUE_VIOLATION if is_primary_key(error) => StoreError::DuplicateId,
        SqlState::DISK_FULL => {
            StoreError::unavailable("the disk of the database is full; free some space")
        }
        SqlState::INSUFFICIENT_PRIVILEGE => StoreError::unavailable(
            "the database's user may not do what the store has to; make it the owner of the database",
        ),
        SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => {
            StoreError::damaged("the database reports corrupted data")
        }
        SqlState::CHARACTER_NOT_IN_REPERTOIRE => StoreError::unstorable(
            "a text holds the character NUL, which PostgreSQL does not store; send it without",
        ),
        // A standby, or a server that was demoted to one: the next connection may be to the new primary.
        SqlState::READ_ONLY_SQL_TRANSACTION
        // It is shutting down, or it ended the session for another reason.
        | SqlState::ADMIN_SHUTDOWN
        | SqlState::CRASH_SHUTDOWN
        | SqlState::CANNOT_CONNECT_NOW
        | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => return Failure::Disconnected,
        _ => match code.code().get(..2) {
            Some("08") => return Failure::Disconnected,
            Some("53" | "57" | "58") => unavailable_code("the database is in trouble", code),
            Some("54") => StoreError::unstorable(
                "a text is longer than PostgreSQL keeps in an index; send a shorter one",
            ),
            Some("23") => StoreError::damaged("its parts contradict each other"),
            _ => StoreError::damaged(format!(
                "a statement does not fit the database (SQLSTATE {})",
                code.code()
            )),
        },
    };
    Failure::Final(error)
}

fn is_conflict(code: &SqlState) -> bool {
    *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
}

fn is_primary_key(error: &Error) -> bool {
    let constraint = error.as_db_error().and_then(|error| error.constraint());
    constraint.is_some_and(|name| name.ends_with("_pkey"))
}

fn is_io(error: &Error) -> bool {
    let source = std::error::Error::source(error);
    source.is_some_and(|source| source.is::<std::io::Error>())
}

fn unavailable_code(what: &str, code: &SqlState) -> StoreError {
    StoreError::unavailable(format!(
        "{what} (SQLSTATE {}); look at its log",
        code.code()
    ))
}
