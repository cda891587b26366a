-- The store of one harvest folder. Times are milliseconds since 1970 (UTC), ids 64-bit numbers,
-- url_id 16 bytes of a hash. There are no foreign keys: the transactions keep the rows together.

-- A run and its frozen job. state: 0 seeding, 1 running, 2 paused, 3 done, 4 cancelled.
-- `leftover`: cancelled, and its open rows are not all closed yet.
CREATE TABLE runs (
    run_id      INTEGER PRIMARY KEY AUTOINCREMENT,
    state       INTEGER NOT NULL,
    seeds_open  INTEGER NOT NULL,
    urgent      INTEGER NOT NULL,
    weight      INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    page_limit  INTEGER,
    byte_limit  INTEGER,
    deadline    INTEGER,
    leftover    INTEGER NOT NULL DEFAULT 0,
    name        TEXT,
    fingerprint TEXT NOT NULL,
    job         TEXT NOT NULL
) STRICT;
CREATE INDEX runs_unfinished ON runs (run_id) WHERE state < 3;
CREATE INDEX runs_leftover ON runs (run_id) WHERE leftover <> 0;

-- The counters of a run. At every commit, admitted - closed is the number of its rows in queue, and
-- admitted the number of its rows in seen. `urls` leaves out what the program itself admits (the seeds
-- row, robots.txt); `next_ord` is the next place in the order of admission.
CREATE TABLE run_counts (
    run_id     INTEGER PRIMARY KEY,
    admitted   INTEGER NOT NULL,
    closed     INTEGER NOT NULL,
    urls       INTEGER NOT NULL,
    next_ord   INTEGER NOT NULL,
    pages      INTEGER NOT NULL,
    failed     INTEGER NOT NULL,
    redirected INTEGER NOT NULL,
    cut        INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    records    INTEGER NOT NULL,
    rejected   INTEGER NOT NULL
) STRICT;

-- What is counted by name. kind: 0 status, 1 failed, 2 cut, 3 refused, 4 rejected.
CREATE TABLE tallies (
    run_id INTEGER NOT NULL,
    kind   INTEGER NOT NULL,
    key    TEXT NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (run_id, kind, key)
) STRICT, WITHOUT ROWID;

-- Every URL that was ever admitted, and its place in the order of admission. Only grows.
CREATE TABLE seen (
    run_id INTEGER NOT NULL,
    url_id BLOB NOT NULL,
    ord    INTEGER NOT NULL,
    PRIMARY KEY (run_id, url_id)
) STRICT, WITHOUT ROWID;

-- The open URLs, each one row from admission to closing. The key rises, so that rows are appended.
-- lease_id: 0 waits, above 0 is under that lease, -1 is tried again when `due`, -2 is never leased
-- (the seeds row). kind: 0 seeds, 1 robots, 2 sitemap, 3 page.
CREATE TABLE queue (
    run_id    INTEGER NOT NULL,
    ord       INTEGER NOT NULL,
    url_id    BLOB NOT NULL,
    host_id   INTEGER NOT NULL,
    lease_id  INTEGER NOT NULL DEFAULT 0,
    prio      INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    depth     INTEGER NOT NULL,
    hops      INTEGER NOT NULL,
    tries     INTEGER NOT NULL DEFAULT 0,
    died      INTEGER NOT NULL DEFAULT 0,
    due       INTEGER,
    url       TEXT NOT NULL,
    asked_url TEXT,
    PRIMARY KEY (run_id, ord)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_order ON queue (run_id, host_id, lease_id, prio, ord);
CREATE INDEX queue_due ON queue (due) WHERE lease_id = -1;

-- A host within a run. `queued` is the number of its waiting rows; `ready_at` is null when there are
-- none or the host is held, else the time at which it is worth looking at it.
CREATE TABLE run_hosts (
    run_id    INTEGER NOT NULL,
    host_id   INTEGER NOT NULL,
    queued    INTEGER NOT NULL,
    admitted  INTEGER NOT NULL,
    ready_at  INTEGER,
    served_at INTEGER NOT NULL DEFAULT 0,
    held      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run_id, host_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_hosts_ready ON run_hosts (run_id, ready_at) WHERE ready_at IS NOT NULL;
CREATE INDEX run_hosts_waiting ON run_hosts (host_id, served_at) WHERE ready_at IS NOT NULL;

-- A run's cookies of a host.
CREATE TABLE jars (
    run_id  INTEGER NOT NULL,
    host_id INTEGER NOT NULL,
    jar     TEXT NOT NULL,
    PRIMARY KEY (run_id, host_id)
) STRICT;

-- A host, for all runs: its pace.
CREATE TABLE hosts (
    host_id    INTEGER PRIMARY KEY,
    origin     TEXT NOT NULL,
    next_at    INTEGER NOT NULL DEFAULT 0,
    delay_ms   INTEGER NOT NULL DEFAULT 0,
    failures   INTEGER NOT NULL DEFAULT 0,
    down_since INTEGER
) STRICT;

-- The last robots.txt answer of a host. access: 0 rules, 1 allowed, 2 denied (since `denied_since`).
-- `paced`: it names a delay for somebody.
CREATE TABLE robots (
    host_id      INTEGER PRIMARY KEY,
    access       INTEGER NOT NULL,
    paced        INTEGER NOT NULL,
    fetched_at   INTEGER NOT NULL,
    valid_ms     INTEGER NOT NULL,
    valid_until  INTEGER NOT NULL,
    denied_since INTEGER,
    text         TEXT NOT NULL
) STRICT;

-- Hosts that failed a run's last lease as a whole, and since when they do so. reason: 0 the host does
-- not answer, 1 its robots.txt does not.
CREATE TABLE down (
    host_id INTEGER NOT NULL,
    run_id  INTEGER NOT NULL,
    since   INTEGER NOT NULL,
    reason  INTEGER NOT NULL,
    PRIMARY KEY (host_id, run_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX down_since ON down (since);

-- Leases that are not gone. state: 0 offered, 1 granted, 2 handed.
CREATE TABLE leases (
    lease_id   INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id     INTEGER NOT NULL,
    host_id    INTEGER NOT NULL,
    lane       INTEGER NOT NULL,
    state      INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    granted_at INTEGER,
    worker     TEXT
) STRICT;
CREATE UNIQUE INDEX leases_lane ON leases (host_id, lane) WHERE state < 2;
CREATE INDEX leases_expiry ON leases (expires_at) WHERE state < 2;
CREATE INDEX leases_run ON leases (run_id) WHERE state < 2;
CREATE INDEX leases_handed ON leases (lease_id) WHERE state = 2;

-- Stored segments. state: 0 reported, 1 applied.
CREATE TABLE segments (
    segment_no   INTEGER PRIMARY KEY,
    run_id       INTEGER NOT NULL,
    segment_id   BLOB NOT NULL,
    object       TEXT NOT NULL,
    offset       INTEGER NOT NULL,
    len          INTEGER NOT NULL,
    state        INTEGER NOT NULL,
    announced_at INTEGER NOT NULL,
    UNIQUE (run_id, segment_id)
) STRICT;
CREATE INDEX segments_waiting ON segments (announced_at) WHERE state = 0;

-- The segments that hold the visits of a handed lease.
CREATE TABLE lease_segments (
    lease_id   INTEGER NOT NULL,
    segment_no INTEGER NOT NULL,
    PRIMARY KEY (lease_id, segment_no)
) STRICT, WITHOUT ROWID;

-- Closed URLs, in order of closing. Written once, never changed.
-- outcome: 0 fetched, 1 redirected, 2 failed, 3 cut.
CREATE TABLE pages (
    run_id     INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    url_id     BLOB NOT NULL,
    kind       INTEGER NOT NULL,
    depth      INTEGER NOT NULL,
    outcome    INTEGER NOT NULL,
    status     INTEGER,
    fetched_at INTEGER NOT NULL,
    segment_no INTEGER,
    offset     INTEGER,
    len        INTEGER,
    bytes      INTEGER NOT NULL,
    reason     TEXT,
    digest     TEXT,
    url        TEXT NOT NULL,
    asked_url  TEXT,
    PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

-- What the parser read from a page.
CREATE TABLE parsed (
    run_id INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    title  TEXT,
    error  TEXT,
    meta   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX parsed_seq ON parsed (run_id, seq);

-- Extracted items. Each stands in one of the two indexes.
CREATE TABLE records (
    run_id   INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    ord      INTEGER NOT NULL,
    rejected TEXT,
    data     TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX records_valid ON records (run_id, seq, ord) WHERE rejected IS NULL;
CREATE UNIQUE INDEX records_rejected ON records (run_id, seq, ord) WHERE rejected IS NOT NULL;
