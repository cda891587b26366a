//! A run with as many records as one likes, written into a store at once: for what reads many of them.

use crate::servers::Servers;
use shared::job::Job;

/// Records of a page.
const PER_PAGE: u64 = 10;

/// A database in whose words a run is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Postgres.
    Postgres,
    /// SQLite.
    Sqlite,
}

/// The first statement, which answers with the run's number.
pub fn run(records: u64) -> String {
    let mut job = Job::of_seeds(["http://127.0.0.1/"]);
    job.extract = serde_json::from_value(serde_json::json!({ "fields": {
        "n": { "css": "b", "type": "integer" },
        "name": { "css": "i" },
        "price": { "css": "u", "type": "number" },
    } }))
    .ok();
    let job = serde_json::to_string(&job).unwrap_or_default().replace('\'', "''");
    format!(
        "INSERT INTO runs (state, seeds_open, urgent, weight, created_at, ended_at, name, fingerprint, job, announced)
         VALUES (3, 0, 0, 1, 1700000000000, 1700000600000, 'bulk of {records}', '', '{job}', 2) RETURNING run_id"
    )
}

/// The others: a run that is over, of so many records numbered from 1, ten a page.
pub fn rows(dialect: Dialect, run: i64, records: u64) -> [String; 3] {
    let pages = records.div_ceil(PER_PAGE);
    let id = match dialect {
        Dialect::Postgres => "gen_random_uuid()",
        Dialect::Sqlite => "randomblob(16)",
    };
    [
        format!(
            "INSERT INTO run_counts (run_id, admitted, closed, urls, next_ord, pages, failed, redirected, cut, bytes,
                                     records, rejected)
             VALUES ({run}, {pages}, {pages}, {pages}, {pages}, {pages}, 0, 0, 0, 0, {records}, 0)"
        ),
        format!(
            "WITH RECURSIVE page (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM page WHERE n + 1 < {pages})
             INSERT INTO pages (run_id, seq, url_id, fetched_at, bytes, depth, status, kind, outcome, url)
             SELECT {run}, n, {id}, 1700000000000 + n, 4000, 1, 200, 3, 0, 'http://127.0.0.1/things/' || n FROM page"
        ),
        format!(
            "WITH RECURSIVE item (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM item WHERE n + 1 < {records})
             INSERT INTO records (run_id, seq, ord, data)
             SELECT {run}, n / {PER_PAGE}, n % {PER_PAGE}, '{{\"n\":' || (n + 1) || ',\"name\":\"Thing number ' || n
               || ', of good quality\",\"price\":' || (n % 900 + 1) || '.5}}' FROM item"
        ),
    ]
}

/// Writes such a run into the database of these servers; returns its number.
///
/// # Panics
/// If the database refuses.
pub fn in_postgres(servers: &Servers, records: u64) -> i64 {
    tokio::task::block_in_place(|| {
        let number = servers.sql(&run(records));
        let number = number.lines().next().and_then(|line| line.trim().parse().ok()).expect("a run's number");
        for statement in rows(Dialect::Postgres, number, records) {
            servers.sql(&statement);
        }
        number
    })
}
