//! What Postgres's errors mean to a caller, and which of them are worth running a transaction again.

use shared::ports::StoreError;
use std::future::Future;
use std::time::Duration;

/// Within this module; becomes a [`StoreError`] at the port.
pub(super) type Result<T, E = Failure> = std::result::Result<T, E>;

/// A [`StoreError`] that `?` makes from what the libraries say.
#[derive(Debug)]
pub(super) struct Failure {
    error: StoreError,
    /// Nothing was committed, and the same may succeed at once: a conflict, a connection that was lost.
    may_repeat: bool,
    /// The connection is of no use any more.
    pub(super) is_lost: bool,
}

impl Failure {
    /// The same, of something that may have been committed all the same.
    pub(super) fn in_doubt(self) -> Self {
        Failure { may_repeat: self.may_repeat && !self.is_lost, ..self }
    }

    /// An answer that did not come in time.
    pub(super) fn late() -> Self {
        let error = StoreError::Unavailable("no answer in time".into());
        Failure { error, may_repeat: false, is_lost: true }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure { error, may_repeat: false, is_lost: false }
    }
}

/// How a certificate begins that is not trusted; it comes as an error of the connection.
const BAD_CERTIFICATE: &str = "invalid peer certificate";

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        use StoreError::{Corrupt, Refused, Unavailable};
        match &error {
            sqlx::Error::Database(cause) => {
                of_code(cause.code().as_deref().unwrap_or_default(), cause.message().to_owned())
            }
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_)
            | sqlx::Error::RowNotFound
            | sqlx::Error::ColumnIndexOutOfBounds { .. } => Corrupt(error.to_string()).into(),
            // What the URL says, or a certificate.
            sqlx::Error::Configuration(_) | sqlx::Error::Tls(_) => Refused(error.to_string()).into(),
            sqlx::Error::Io(cause) if cause.to_string().starts_with(BAD_CERTIFICATE) => Refused(format!(
                "{cause}; check the server's certificate, and sslmode and sslrootcert in the URL"
            ))
            .into(),
            sqlx::Error::PoolTimedOut => {
                Unavailable("no connection to Postgres could be had in time".into()).into()
            }
            _ => Failure { error: Unavailable(error.to_string()), may_repeat: true, is_lost: true },
        }
    }
}

/// By SQLSTATE, <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn of_code(code: &str, message: String) -> Failure {
    let class = code.get(..2).unwrap_or_default();
    let error = match (class, code) {
        // Serialization failure, deadlock.
        (_, "40001" | "40P01") => {
            return Failure { error: StoreError::Unavailable(message), may_repeat: true, is_lost: false };
        }
        // Connection exception; a server that shuts down, has crashed, begins, or goes away in mid-work; a
        // session that waited too long within a transaction; a server that only reads, as one does that was
        // the first until a failover.
        ("08", _) | (_, "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25006") => {
            return Failure { error: StoreError::Unavailable(message), may_repeat: true, is_lost: true };
        }
        (_, "53100") => StoreError::Full(message),
        // Out of memory or of connections; a lock or a statement that took too long; the system beneath.
        ("53" | "58", _) | (_, "55P03" | "57014") => StoreError::Unavailable(message),
        // Wrong password, unknown database, no right.
        ("28", _) | (_, "3D000" | "3F000" | "42501") => StoreError::Refused(format!(
            "Postgres refuses ({message}); check the user, the password and the database that the URL names"
        )),
        // A table or a column that is not there.
        (_, "42P01" | "42703") => StoreError::Refused(format!(
            "the database is of an older version ({message}); run `harvestman migrate`"
        )),
        // XX001 and XX002, and what this program should never cause.
        _ => StoreError::Corrupt(format!("{message} ({code})")),
    };
    error.into()
}

/// The data are not what this program wrote.
pub(super) fn corrupt(what: impl std::fmt::Display) -> Failure {
    StoreError::Corrupt(what.to_string()).into()
}

/// Times that a transaction is run again.
const REPEATS: u32 = 5;
/// The longest wait before the first of them; each one after it waits up to twice as long.
const PAUSE: Duration = Duration::from_millis(10);

/// Runs a transaction as a whole, and again where it met a conflict or a connection that was lost.
pub(super) async fn again<T, F: Future<Output = Result<T>>>(work: impl Fn() -> F) -> Result<T> {
    let mut repeats = 0;
    loop {
        match work().await {
            Err(failure) if failure.may_repeat && repeats < REPEATS => {
                tracing::debug!(error = %failure.error, "the transaction runs again");
                let random = uuid::Uuid::new_v4().as_u128() as u32;
                let share = f64::from(random) / f64::from(u32::MAX);
                tokio::time::sleep((PAUSE * (1 << repeats)).mul_f64(share)).await;
                repeats += 1;
            }
            ended => return ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_a_caller_can_do() {
        let of = |code| StoreError::from(of_code(code, String::new()));
        for code in ["40001", "40P01", "25006", "57P01", "08006", "53300", "57014", "55P03", "58030"] {
            assert!(matches!(of(code), StoreError::Unavailable(_)), "{code}");
        }
        for code in ["28P01", "28000", "3D000", "42501", "42P01"] {
            assert!(matches!(of(code), StoreError::Refused(_)), "{code}");
        }
        assert!(matches!(of("53100"), StoreError::Full(_)));
        assert!(matches!(of("XX001"), StoreError::Corrupt(_)));
        assert!(matches!(of("23505"), StoreError::Corrupt(_)));
    }

    #[tokio::test]
    async fn conflicts_are_repeated_and_not_for_ever() {
        let calls = std::cell::Cell::new(0);
        let failing = |times| {
            let calls = &calls;
            move || async move {
                calls.set(calls.get() + 1);
                if calls.get() > times { Ok(calls.get()) } else { Err(of_code("40P01", String::new())) }
            }
        };
        assert_eq!(again(failing(3)).await.unwrap(), 4);
        calls.set(0);
        assert!(again(failing(100)).await.is_err());
        assert_eq!(calls.get(), 1 + REPEATS);
    }
}
