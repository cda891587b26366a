//! What is counted of the database.

use shared::metric::Metric;
use sqlx::postgres::PgPool;

pub(super) const WAIT: Metric =
    Metric::seconds("harvestman_store_wait_seconds", &[], "How long a connection of the pool was waited for");
pub(super) const TRANSACTION: Metric = Metric::seconds(
    "harvestman_store_transaction_seconds",
    &["end"],
    "How long a transaction took, from BEGIN on, by its end: committed, undone or failed",
);
const CONNECTIONS: Metric = Metric::gauge(
    "harvestman_store_connections",
    &["state"],
    "Connections of the pool: used, idle, and most, which is how many there may be",
);

/// All metrics of the database.
pub const METRICS: &[Metric] = &[WAIT, TRANSACTION, CONNECTIONS];

/// How the pool is used, seen by who just took a connection.
pub(super) fn used(pool: &PgPool) {
    let (all, idle) = (f64::from(pool.size()), pool.num_idle() as f64);
    CONNECTIONS.set(&["used"], (all - idle).max(0.0));
    CONNECTIONS.set(&["idle"], idle);
    CONNECTIONS.set(&["most"], f64::from(pool.options().get_max_connections()));
}
