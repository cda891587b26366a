//! What the servers were asked so far, as they count it themselves.

use anyhow::{Context, Result};
use chaos::servers::Servers;
use serde::Serialize;
use std::ops::Sub;

/// See the module.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Counts {
    /// Objects or parts stored.
    pub puts: f64,
    /// Objects read.
    pub gets: f64,
    /// Messages that were published.
    pub messages: f64,
    /// Transactions that were committed or undone.
    pub transactions: f64,
    /// Bytes of the database, with its indices.
    pub rows: f64,
}

impl Counts {
    /// As of now. Each server publishes its counts a while after the fact: Postgres up to ten seconds.
    pub async fn look(servers: &Servers) -> Result<Self> {
        let requests = servers.s3.requests();
        let vhost = servers.rabbit.manage("GET", &format!("/api/vhosts/{}", servers.vhost()), "").await?;
        let vhost: serde_json::Value = serde_json::from_str(&vhost)?;
        let published = vhost["message_stats"]["publish"].as_u64().unwrap_or(0);
        // Over another database, so that this question is not counted.
        let database = tokio::task::block_in_place(|| {
            let statement = format!(
                "SELECT xact_commit + xact_rollback, pg_database_size(datname) FROM pg_stat_database \
                 WHERE datname = '{}'",
                servers.database
            );
            servers.postgres.sql("postgres", &statement)
        });
        let (transactions, rows) = database.trim().split_once('|').context("two numbers of the database")?;
        Ok(Counts {
            puts: requests.puts as f64,
            gets: requests.gets as f64,
            messages: published as f64,
            transactions: transactions.trim().parse().context("a number of transactions")?,
            rows: rows.trim().parse().context("a number of bytes")?,
        })
    }

    /// Each of them times a number.
    pub fn times(self, factor: f64) -> Self {
        Counts {
            puts: self.puts * factor,
            gets: self.gets * factor,
            messages: self.messages * factor,
            transactions: self.transactions * factor,
            rows: self.rows * factor,
        }
    }
}

impl Sub for Counts {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Counts {
            puts: self.puts - other.puts,
            gets: self.gets - other.gets,
            messages: self.messages - other.messages,
            transactions: self.transactions - other.transactions,
            rows: self.rows - other.rows,
        }
    }
}
