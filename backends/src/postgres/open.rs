//! The pool of connections and their settings.

use super::error::Result;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};
use std::str::FromStr;
use std::time::Duration;

/// The longest wait for a connection, making one included.
const ACQUIRE: Duration = Duration::from_secs(5);
/// A connection that was idle for this long is asked whether it still answers, and for how long.
const ASK_AFTER: Duration = Duration::from_secs(1);
const PROBE: Duration = Duration::from_secs(1);
/// Idle connections beyond this are closed, and each is made anew after a while, so that a fleet moves on
/// to a server that took over.
const IDLE: Duration = Duration::from_secs(300);
const LIFETIME: Duration = Duration::from_secs(1800);
/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 200;

/// What the server is told about each session.
const SESSION: [(&str, &str); 7] = [
    ("statement_timeout", "30s"),
    ("lock_timeout", "10s"),
    // A process that stands still in mid-transaction holds others up no longer than this.
    ("idle_in_transaction_session_timeout", "10s"),
    // The server finds out that this process is gone: after 10 + 3 x 5 seconds, or 20 with data on the way.
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "20s"),
];

/// How a store connects.
#[derive(Clone, Debug)]
pub struct Options {
    /// Connections at most.
    pub connections: u32,
    /// What the server's lists show of this process.
    pub application: String,
}

impl Default for Options {
    fn default() -> Self {
        Options { connections: 8, application: "harvestman".into() }
    }
}

/// What a URL says, with this program's settings.
pub(super) fn connect_options(url: &str, application: &str) -> Result<PgConnectOptions> {
    Ok(PgConnectOptions::from_str(url)?
        .application_name(application)
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging())
}

/// A pool that connects when it is first asked.
pub(super) fn pool(url: &str, options: Options) -> Result<PgPool> {
    let connect = connect_options(url, &options.application)?.options(SESSION);
    let pool = PgPoolOptions::new()
        .max_connections(options.connections.max(1))
        .acquire_timeout(ACQUIRE)
        .idle_timeout(IDLE)
        .max_lifetime(LIFETIME)
        .test_before_acquire(false)
        .before_acquire(|connection, state| {
            Box::pin(async move {
                if state.idle_for < ASK_AFTER {
                    return Ok(true);
                }
                // A connection that was cut off without a word would let a question hang.
                match tokio::time::timeout(PROBE, connection.ping()).await {
                    Ok(answer) => answer.map(|()| true),
                    Err(_) => Err(sqlx::Error::PoolTimedOut),
                }
            })
        })
        .connect_lazy_with(connect);
    Ok(pool)
}
