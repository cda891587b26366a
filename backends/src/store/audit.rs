//! Proving the books: every counter against the rows that it counts. The statements are such as every
//! database understands.

/// What must be equal: a name, what the books say, what is true. `$1` is the run.
pub(crate) const EQUAL: [(&str, &str, &str); 12] = [
    (
        "open URLs",
        "SELECT admitted - closed FROM run_counts WHERE run_id = $1",
        "SELECT count(*) FROM queue WHERE run_id = $1",
    ),
    (
        "admitted",
        "SELECT admitted FROM run_counts WHERE run_id = $1",
        "SELECT count(*) FROM seen WHERE run_id = $1",
    ),
    (
        "pages",
        "SELECT pages FROM run_counts WHERE run_id = $1",
        "SELECT count(*) FROM pages WHERE run_id = $1 AND kind = 3 AND outcome = 0",
    ),
    (
        "bytes",
        "SELECT bytes FROM run_counts WHERE run_id = $1",
        "SELECT CAST(coalesce(sum(bytes), 0) AS bigint) FROM pages WHERE run_id = $1",
    ),
    (
        "records, valid and rejected",
        "SELECT records + rejected FROM run_counts WHERE run_id = $1",
        "SELECT count(*) FROM records WHERE run_id = $1 AND version = 0",
    ),
    (
        "rejected records",
        "SELECT rejected FROM run_counts WHERE run_id = $1",
        "SELECT CAST(coalesce(sum(n), 0) AS bigint) FROM tallies WHERE run_id = $1 AND kind = 4",
    ),
    (
        "failed",
        "SELECT failed FROM run_counts WHERE run_id = $1",
        "SELECT CAST(coalesce(sum(n), 0) AS bigint) FROM tallies WHERE run_id = $1 AND kind = 1",
    ),
    (
        "cut",
        "SELECT cut FROM run_counts WHERE run_id = $1",
        "SELECT CAST(coalesce(sum(n), 0) AS bigint) FROM tallies WHERE run_id = $1 AND kind = 2",
    ),
    (
        "waiting rows",
        "SELECT CAST(coalesce(sum(queued), 0) AS bigint) FROM run_hosts WHERE run_id = $1",
        "SELECT count(*) FROM queue WHERE run_id = $1 AND lease_id = 0",
    ),
    (
        "the seeds row",
        "SELECT seeds_open FROM runs WHERE run_id = $1",
        "SELECT count(*) FROM queue WHERE run_id = $1 AND kind = 0",
    ),
    (
        "whether it is over",
        "SELECT CASE WHEN state IN (3, 4) OR admitted <> closed THEN 1 ELSE 0 END
         FROM runs JOIN run_counts USING (run_id) WHERE run_id = $1",
        "SELECT 1",
    ),
    (
        "an end for what is over",
        "SELECT CASE WHEN state IN (3, 4) THEN 1 ELSE 0 END FROM runs WHERE run_id = $1",
        "SELECT CASE WHEN ended_at IS NOT NULL THEN 1 ELSE 0 END FROM runs WHERE run_id = $1",
    ),
];

/// What must not be: a name, and a count of such rows.
pub(crate) const NONE: [(&str, &str); 6] = [
    (
        "hosts that count their waiting rows wrongly",
        "SELECT count(*) FROM run_hosts h WHERE run_id = $1 AND queued <> (SELECT count(*) FROM queue q
           WHERE q.run_id = h.run_id AND q.host_id = h.host_id AND q.lease_id = 0)",
    ),
    (
        "hosts that are ready without rows, or have rows and are never ready",
        "SELECT count(*) FROM run_hosts WHERE run_id = $1 AND held = 0 AND (queued > 0) <> (ready_at IS NOT NULL)",
    ),
    (
        "rows under leases that are gone",
        "SELECT count(*) FROM queue q WHERE run_id = $1 AND lease_id > 0 AND NOT EXISTS (SELECT 1 FROM leases l
           WHERE l.lease_id = q.lease_id AND l.run_id = q.run_id AND l.host_id = q.host_id)",
    ),
    (
        "URLs closed twice, or open and closed",
        "SELECT (SELECT count(*) - count(DISTINCT url_id) FROM pages WHERE run_id = $1)
              + (SELECT count(*) FROM pages p JOIN queue q ON q.run_id = p.run_id AND q.url_id = p.url_id
                 WHERE p.run_id = $1)",
    ),
    (
        "retries without a time",
        "SELECT count(*) FROM queue WHERE run_id = $1 AND (lease_id = -1) <> (due IS NOT NULL)",
    ),
    (
        "records without a page",
        "SELECT count(*) FROM records r WHERE run_id = $1 AND NOT EXISTS (SELECT 1 FROM pages p
           WHERE p.run_id = r.run_id AND p.seq = r.seq)",
    ),
];

/// Says of a counter that is wrong what it says and what is true.
pub(crate) fn unequal(name: &str, run: shared::ids::RunId, books: i64, truth: i64) -> Option<String> {
    (books != truth).then(|| format!("{name}: the books of run {run} say {books}, and it is {truth}"))
}

/// Says of what must not be how often it is.
pub(crate) fn not_none(name: &str, run: shared::ids::RunId, n: i64) -> Option<String> {
    (n != 0).then(|| format!("{name}: run {run} has {n}"))
}
