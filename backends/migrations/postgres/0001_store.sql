-- The store on Postgres. The tables are those of SQLite (../sqlite/0001_store.sql, which says more about
-- each). Times are milliseconds since 1970 (UTC), ids 64-bit numbers, url_id and segment_id 128 bits, yes
-- and no are 1 and 0.
-- There are no foreign keys: the transactions keep the rows together. Keys lead with the run, or with
-- the host. What churns is apart from what only grows, has room on its pages for updates in place, and
-- is vacuumed early.

-- A run and its frozen job. state: 0 seeding, 1 running, 2 paused, 3 done, 4 cancelled.
CREATE TABLE runs (
    run_id      bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    state       smallint NOT NULL,
    seeds_open  smallint NOT NULL,
    urgent      smallint NOT NULL,
    weight      integer NOT NULL,
    created_at  bigint NOT NULL,
    ended_at    bigint,
    page_limit  bigint,
    byte_limit  bigint,
    deadline    bigint,
    leftover    smallint NOT NULL DEFAULT 0,
    name        text,
    fingerprint text NOT NULL,
    job         text NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX runs_unfinished ON runs (run_id) WHERE state < 3;
CREATE INDEX runs_leftover ON runs (run_id) WHERE leftover <> 0;

-- The counters of a run. Whoever changes what they count locks this row first.
CREATE TABLE run_counts (
    run_id     bigint PRIMARY KEY,
    admitted   bigint NOT NULL,
    closed     bigint NOT NULL,
    urls       bigint NOT NULL,
    next_ord   bigint NOT NULL,
    pages      bigint NOT NULL,
    failed     bigint NOT NULL,
    redirected bigint NOT NULL,
    cut        bigint NOT NULL,
    bytes      bigint NOT NULL,
    records    bigint NOT NULL,
    rejected   bigint NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- What is counted by name. kind: 0 status, 1 failed, 2 cut, 3 refused, 4 rejected.
CREATE TABLE tallies (
    run_id bigint NOT NULL,
    kind   smallint NOT NULL,
    key    text NOT NULL,
    n      bigint NOT NULL,
    PRIMARY KEY (run_id, kind, key)
) WITH (fillfactor = 70);

-- Every URL that was ever admitted, and its place in the order of admission. Only grows.
CREATE TABLE seen (
    run_id bigint NOT NULL,
    url_id uuid NOT NULL,
    ord    bigint NOT NULL,
    PRIMARY KEY (run_id, url_id)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.1);

-- The open URLs, each one row from admission to closing.
-- lease_id: 0 waits, above 0 is under that lease, -1 is tried again when `due`, -2 is never leased
-- (the seeds row). kind: 0 seeds, 1 robots, 2 sitemap, 3 page.
CREATE TABLE queue (
    run_id    bigint NOT NULL,
    ord       bigint NOT NULL,
    url_id    uuid NOT NULL,
    host_id   bigint NOT NULL,
    lease_id  bigint NOT NULL DEFAULT 0,
    due       bigint,
    depth     integer NOT NULL,
    hops      integer NOT NULL,
    tries     integer NOT NULL DEFAULT 0,
    prio      smallint NOT NULL,
    kind      smallint NOT NULL,
    died      smallint NOT NULL DEFAULT 0,
    url       text NOT NULL,
    asked_url text,
    PRIMARY KEY (run_id, ord)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
        autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.1,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX queue_order ON queue (run_id, host_id, lease_id, prio, ord);
CREATE INDEX queue_due ON queue (due) WHERE lease_id = -1;

-- A host within a run. `queued` is the number of its waiting rows; `ready_at` is null when there are
-- none or the host is held, else the time at which it is worth looking at it.
CREATE TABLE run_hosts (
    run_id    bigint NOT NULL,
    host_id   bigint NOT NULL,
    queued    bigint NOT NULL,
    admitted  bigint NOT NULL,
    ready_at  bigint,
    served_at bigint NOT NULL DEFAULT 0,
    held      smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (run_id, host_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX run_hosts_ready ON run_hosts (run_id, ready_at) WHERE ready_at IS NOT NULL;
CREATE INDEX run_hosts_waiting ON run_hosts (host_id, served_at) WHERE ready_at IS NOT NULL;

-- A run's cookies of a host.
CREATE TABLE jars (
    run_id  bigint NOT NULL,
    host_id bigint NOT NULL,
    jar     text NOT NULL,
    PRIMARY KEY (run_id, host_id)
);

-- A host, for all runs: its pace. Whoever makes or ends a lease of it locks this row first.
CREATE TABLE hosts (
    host_id    bigint PRIMARY KEY,
    origin     text NOT NULL,
    next_at    bigint NOT NULL DEFAULT 0,
    delay_ms   bigint NOT NULL DEFAULT 0,
    failures   bigint NOT NULL DEFAULT 0,
    down_since bigint
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- The last robots.txt answer of a host. access: 0 rules, 1 allowed, 2 denied (since `denied_since`).
-- `paced`: it names a delay for somebody.
CREATE TABLE robots (
    host_id      bigint PRIMARY KEY,
    access       smallint NOT NULL,
    paced        smallint NOT NULL,
    fetched_at   bigint NOT NULL,
    valid_ms     bigint NOT NULL,
    valid_until  bigint NOT NULL,
    denied_since bigint,
    text         text NOT NULL
) WITH (fillfactor = 70);

-- Hosts that failed a run's last lease as a whole, and since when they do so. reason: 0 the host does
-- not answer, 1 its robots.txt does not.
CREATE TABLE down (
    host_id bigint NOT NULL,
    run_id  bigint NOT NULL,
    since   bigint NOT NULL,
    reason  smallint NOT NULL,
    PRIMARY KEY (host_id, run_id)
);
CREATE INDEX down_since ON down (since);

-- Leases that are not gone. state: 0 offered, 1 granted, 2 handed. A number is given once.
CREATE TABLE leases (
    lease_id   bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    run_id     bigint NOT NULL,
    host_id    bigint NOT NULL,
    lane       integer NOT NULL,
    state      smallint NOT NULL,
    expires_at bigint NOT NULL,
    granted_at bigint,
    worker     text
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
CREATE UNIQUE INDEX leases_lane ON leases (host_id, lane) WHERE state < 2;
CREATE INDEX leases_expiry ON leases (expires_at) WHERE state < 2;
CREATE INDEX leases_run ON leases (run_id) WHERE state < 2;
CREATE INDEX leases_handed ON leases (lease_id) WHERE state = 2;

-- Stored segments. state: 0 reported, 1 applied.
CREATE TABLE segments (
    segment_no   bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    run_id       bigint NOT NULL,
    segment_id   uuid NOT NULL,
    object       text NOT NULL,
    "offset"     bigint NOT NULL,
    len          bigint NOT NULL,
    state        smallint NOT NULL,
    announced_at bigint NOT NULL
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX segments_id ON segments (run_id, segment_id);
CREATE INDEX segments_waiting ON segments (announced_at) WHERE state = 0;

-- The segments that hold the visits of a handed lease.
CREATE TABLE lease_segments (
    lease_id   bigint NOT NULL,
    segment_no bigint NOT NULL,
    PRIMARY KEY (lease_id, segment_no)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);

-- Closed URLs, in order of closing. Written once, never changed.
-- outcome: 0 fetched, 1 redirected, 2 failed, 3 cut.
CREATE TABLE pages (
    run_id     bigint NOT NULL,
    seq        bigint NOT NULL,
    url_id     uuid NOT NULL,
    fetched_at bigint NOT NULL,
    segment_no bigint,
    "offset"   bigint,
    len        bigint,
    bytes      bigint NOT NULL,
    depth      integer NOT NULL,
    status     integer,
    kind       smallint NOT NULL,
    outcome    smallint NOT NULL,
    reason     text,
    digest     text,
    url        text NOT NULL,
    asked_url  text,
    PRIMARY KEY (run_id, seq)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.1);

-- What the parser read from a page.
CREATE TABLE parsed (
    run_id bigint NOT NULL,
    seq    bigint NOT NULL,
    title  text,
    error  text,
    meta   text NOT NULL,
    PRIMARY KEY (run_id, seq)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.1);

-- Extracted items. Each stands in one of the two indexes.
CREATE TABLE records (
    run_id   bigint NOT NULL,
    seq      bigint NOT NULL,
    ord      bigint NOT NULL,
    rejected text,
    data     text NOT NULL
) WITH (autovacuum_vacuum_insert_scale_factor = 0.1);
CREATE UNIQUE INDEX records_valid ON records (run_id, seq, ord) WHERE rejected IS NULL;
CREATE UNIQUE INDEX records_rejected ON records (run_id, seq, ord) WHERE rejected IS NOT NULL;
