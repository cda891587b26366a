//! What SQLite's errors mean to a caller.

use shared::ports::StoreError;

/// Within this module; becomes a [`StoreError`] at the port.
pub(super) type Result<T, E = Failure> = std::result::Result<T, E>;

/// A [`StoreError`] that `?` makes from what the libraries say.
#[derive(Debug)]
pub(super) struct Failure(StoreError);

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        use StoreError::{Corrupt, Unavailable};
        Failure(match &error {
            sqlx::Error::Database(cause) => {
                let code = cause.code().and_then(|code| code.parse().ok()).unwrap_or_default();
                of_code(code, cause.message().to_owned())
            }
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::RowNotFound
            | sqlx::Error::ColumnIndexOutOfBounds { .. } => Corrupt(error.to_string()),
            _ => Unavailable(error.to_string()),
        })
    }
}

/// By SQLite's result code, <https://www.sqlite.org/rescode.html>.
fn of_code(code: u32, message: String) -> StoreError {
    const IOERR_WRITE: u32 = 10 | (3 << 8);
    const IOERR_SHMSIZE: u32 = 10 | (19 << 8);
    match (code, code & 0xff) {
        // 13 FULL. A full disk also shows where the WAL's index or a page cannot be written.
        (IOERR_WRITE | IOERR_SHMSIZE, _) | (_, 13) => StoreError::Full(message),
        // 5 BUSY, 6 LOCKED, 7 NOMEM, 9 INTERRUPT, 10 IOERR, 15 PROTOCOL, 17 SCHEMA.
        (_, 5 | 6 | 7 | 9 | 10 | 15 | 17) => StoreError::Unavailable(message),
        // 3 PERM, 8 READONLY, 14 CANTOPEN, 23 AUTH.
        (_, 3 | 8 | 14 | 23) => StoreError::Refused(format!(
            "the database cannot be written ({message}); check that its folder exists and belongs to this user"
        )),
        // 11 CORRUPT, 26 NOTADB, and what this program should never cause.
        _ => StoreError::Corrupt(message),
    }
}

/// The data are not what this program wrote.
pub(super) fn corrupt(what: impl std::fmt::Display) -> Failure {
    Failure(StoreError::Corrupt(what.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_a_caller_can_do() {
        let of = |code| of_code(code, String::new());
        assert!(matches!(of(13), StoreError::Full(_)));
        assert!(matches!(of(10 | (19 << 8)), StoreError::Full(_)));
        assert!(matches!(of(5), StoreError::Unavailable(_)));
        assert!(matches!(of(5 | (2 << 8)), StoreError::Unavailable(_)));
        assert!(matches!(of(8 | (4 << 8)), StoreError::Refused(_)));
        assert!(matches!(of(11), StoreError::Corrupt(_)));
        assert!(matches!(of(26), StoreError::Corrupt(_)));
    }
}
