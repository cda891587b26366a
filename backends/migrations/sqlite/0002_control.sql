-- Tenants, keys, job definitions with their schedules, webhooks, answers to repeated requests, and whose a
-- run is. Times are milliseconds since 1970 (UTC), yes and no are 1 and 0.

-- What a tenant may use; NULL is as much as it likes.
CREATE TABLE tenants (
    tenant_id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name                TEXT NOT NULL UNIQUE,
    created_at          INTEGER NOT NULL,
    requests_per_minute INTEGER,
    concurrent_runs     INTEGER,
    pages_per_day       INTEGER,
    storage_bytes       INTEGER
) STRICT;
INSERT INTO tenants (name, created_at) VALUES ('default', 0);

-- Keys of the API. Of the secret only the SHA-256 is kept. scope: 0 read, 1 write, 2 admin.
CREATE TABLE api_keys (
    key_no       INTEGER PRIMARY KEY AUTOINCREMENT,
    key_id       TEXT NOT NULL UNIQUE,
    tenant_id    INTEGER NOT NULL,
    name         TEXT NOT NULL,
    hash         BLOB NOT NULL,
    scope        INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER
) STRICT;
CREATE INDEX api_keys_tenant ON api_keys (tenant_id, key_no);

-- Random bytes that all processes share, by what they are for.
CREATE TABLE secrets (
    name   TEXT NOT NULL PRIMARY KEY,
    secret BLOB NOT NULL
) STRICT;

-- Job definitions. A job with a schedule has `cron`; `next_at` is when it is acted on, `next_due` the time
-- that the pattern names. missed: 0 one run makes up, 1 none does. `once_key`: what it was created under.
CREATE TABLE jobs (
    job_id     INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id  INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    name       TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    once_key   TEXT UNIQUE,
    cron       TEXT,
    timezone   TEXT,
    jitter     INTEGER,
    missed     INTEGER,
    overlap    INTEGER,
    paused     INTEGER,
    next_due   INTEGER,
    next_at    INTEGER,
    job        TEXT NOT NULL
) STRICT;
CREATE INDEX jobs_tenant ON jobs (tenant_id, job_id);
CREATE INDEX jobs_next ON jobs (next_at) WHERE next_at IS NOT NULL;

-- What was decided about a due time. outcome: 0 a run, 1 the last one was not over, 2 the tenant had used up
-- what it may, 3 it went by.
CREATE TABLE firings (
    job_id  INTEGER NOT NULL,
    due     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    run_id  INTEGER,
    PRIMARY KEY (job_id, due)
) STRICT;
CREATE INDEX firings_at ON firings (at);

-- Whose a run is, of which definition, and how far its webhooks know of it. announced: 0 not at all, 1 that
-- it began and of its pages up to `announced_seq`, 2 that it ended.
ALTER TABLE runs ADD COLUMN tenant_id INTEGER NOT NULL DEFAULT 1;
ALTER TABLE runs ADD COLUMN job_id INTEGER;
ALTER TABLE runs ADD COLUMN once_key TEXT;
ALTER TABLE runs ADD COLUMN announced INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN announced_seq INTEGER NOT NULL DEFAULT -1;
UPDATE runs SET announced = 2 WHERE ended_at IS NOT NULL;
CREATE UNIQUE INDEX runs_once ON runs (once_key) WHERE once_key IS NOT NULL;
CREATE INDEX runs_tenant ON runs (tenant_id, run_id);
CREATE INDEX runs_job ON runs (job_id, run_id) WHERE job_id IS NOT NULL;
CREATE INDEX runs_unannounced ON runs (run_id) WHERE announced < 2;

-- Endpoints of webhooks. `events`, `secrets`, `headers` are JSON. `failing_since`: no try arrived since then.
CREATE TABLE webhooks (
    webhook_id    INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id     INTEGER NOT NULL,
    job_id        INTEGER,
    url           TEXT NOT NULL,
    events        TEXT NOT NULL,
    secrets       TEXT NOT NULL,
    headers       TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    disabled      TEXT,
    failing_since INTEGER
) STRICT;
CREATE INDEX webhooks_tenant ON webhooks (tenant_id, webhook_id);

-- The outbox: what happened, once.
CREATE TABLE events (
    event_id  TEXT NOT NULL PRIMARY KEY,
    tenant_id INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    run_id    INTEGER,
    at        INTEGER NOT NULL,
    body      TEXT NOT NULL
) STRICT;
CREATE INDEX events_at ON events (at);

-- Who is to be told. state: 0 pending (due at `next_at`), 1 delivered, 2 failed.
CREATE TABLE deliveries (
    delivery_no INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id    TEXT NOT NULL,
    webhook_id  INTEGER NOT NULL,
    state       INTEGER NOT NULL,
    tries       INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    next_at     INTEGER,
    last_at     INTEGER,
    last_status INTEGER,
    last_error  TEXT,
    UNIQUE (webhook_id, event_id)
) STRICT;
CREATE INDEX deliveries_next ON deliveries (next_at) WHERE state = 0;
CREATE INDEX deliveries_webhook ON deliveries (webhook_id, delivery_no);

-- Answers to requests with an Idempotency-Key. status: NULL while the request is under way.
CREATE TABLE requests (
    tenant_id  INTEGER NOT NULL,
    name       TEXT NOT NULL,
    hash       BLOB NOT NULL,
    begun_at   INTEGER NOT NULL,
    status     INTEGER,
    headers    TEXT,
    body       BLOB,
    PRIMARY KEY (tenant_id, name)
) STRICT;
CREATE INDEX requests_begun ON requests (begun_at);
