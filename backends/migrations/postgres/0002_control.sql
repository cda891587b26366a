-- Tenants, keys, job definitions with their schedules, webhooks, answers to repeated requests, and whose a
-- run is. Times are milliseconds since 1970 (UTC), yes and no are 1 and 0.

-- What a tenant may use; NULL is as much as it likes.
CREATE TABLE tenants (
    tenant_id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name                TEXT NOT NULL UNIQUE,
    created_at          BIGINT NOT NULL,
    requests_per_minute BIGINT,
    concurrent_runs     BIGINT,
    pages_per_day       BIGINT,
    storage_bytes       BIGINT
);
INSERT INTO tenants (name, created_at) VALUES ('default', 0);

-- Keys of the API. Of the secret only the SHA-256 is kept. scope: 0 read, 1 write, 2 admin.
CREATE TABLE api_keys (
    key_no       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key_id       TEXT NOT NULL UNIQUE,
    tenant_id    BIGINT NOT NULL,
    name         TEXT NOT NULL,
    hash         BYTEA NOT NULL,
    scope        BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    last_used_at BIGINT
);
CREATE INDEX api_keys_tenant ON api_keys (tenant_id, key_no);

-- Random bytes that all processes share, by what they are for.
CREATE TABLE secrets (
    name   TEXT NOT NULL PRIMARY KEY,
    secret BYTEA NOT NULL
);

-- Job definitions. A job with a schedule has `cron`; `next_at` is when it is acted on, `next_due` the time
-- that the pattern names. missed: 0 one run makes up, 1 none does. `once_key`: what it was created under.
CREATE TABLE jobs (
    job_id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id  BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    name       TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    once_key   TEXT UNIQUE,
    cron       TEXT,
    timezone   TEXT,
    jitter     BIGINT,
    missed     BIGINT,
    overlap    BIGINT,
    paused     BIGINT,
    next_due   BIGINT,
    next_at    BIGINT,
    job        TEXT NOT NULL
);
CREATE INDEX jobs_tenant ON jobs (tenant_id, job_id);
CREATE INDEX jobs_next ON jobs (next_at) WHERE next_at IS NOT NULL;

-- What was decided about a due time. outcome: 0 a run, 1 the last one was not over, 2 the tenant had used up
-- what it may, 3 it went by.
CREATE TABLE firings (
    job_id  BIGINT NOT NULL,
    due     BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    outcome BIGINT NOT NULL,
    run_id  BIGINT,
    PRIMARY KEY (job_id, due)
);
CREATE INDEX firings_at ON firings (at);

-- Whose a run is, of which definition, and how far its webhooks know of it. announced: 0 not at all, 1 that
-- it began and of its pages up to `announced_seq`, 2 that it ended.
ALTER TABLE runs ADD COLUMN tenant_id BIGINT NOT NULL DEFAULT 1;
ALTER TABLE runs ADD COLUMN job_id BIGINT;
ALTER TABLE runs ADD COLUMN once_key TEXT;
ALTER TABLE runs ADD COLUMN announced BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN announced_seq BIGINT NOT NULL DEFAULT -1;
UPDATE runs SET announced = 2 WHERE ended_at IS NOT NULL;
CREATE UNIQUE INDEX runs_once ON runs (once_key) WHERE once_key IS NOT NULL;
CREATE INDEX runs_tenant ON runs (tenant_id, run_id);
CREATE INDEX runs_job ON runs (job_id, run_id) WHERE job_id IS NOT NULL;
CREATE INDEX runs_unannounced ON runs (run_id) WHERE announced < 2;

-- Endpoints of webhooks. `events`, `secrets`, `headers` are JSON. `failing_since`: no try arrived since then.
CREATE TABLE webhooks (
    webhook_id    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id     BIGINT NOT NULL,
    job_id        BIGINT,
    url           TEXT NOT NULL,
    events        TEXT NOT NULL,
    secrets       TEXT NOT NULL,
    headers       TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    disabled      TEXT,
    failing_since BIGINT
);
CREATE INDEX webhooks_tenant ON webhooks (tenant_id, webhook_id);

-- The outbox: what happened, once.
CREATE TABLE events (
    event_id  TEXT NOT NULL PRIMARY KEY,
    tenant_id BIGINT NOT NULL,
    kind      TEXT NOT NULL,
    run_id    BIGINT,
    at        BIGINT NOT NULL,
    body      TEXT NOT NULL
);
CREATE INDEX events_at ON events (at);

-- Who is to be told. state: 0 pending (due at `next_at`), 1 delivered, 2 failed.
CREATE TABLE deliveries (
    delivery_no BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id    TEXT NOT NULL,
    webhook_id  BIGINT NOT NULL,
    state       BIGINT NOT NULL,
    tries       BIGINT NOT NULL,
    since       BIGINT NOT NULL,
    next_at     BIGINT,
    last_at     BIGINT,
    last_status BIGINT,
    last_error  TEXT,
    UNIQUE (webhook_id, event_id)
);
CREATE INDEX deliveries_next ON deliveries (next_at) WHERE state = 0;
CREATE INDEX deliveries_webhook ON deliveries (webhook_id, delivery_no);

-- Answers to requests with an Idempotency-Key. status: NULL while the request is under way.
CREATE TABLE requests (
    tenant_id  BIGINT NOT NULL,
    name       TEXT NOT NULL,
    hash       BYTEA NOT NULL,
    begun_at   BIGINT NOT NULL,
    status     BIGINT,
    headers    TEXT,
    body       BYTEA,
    PRIMARY KEY (tenant_id, name)
);
CREATE INDEX requests_begun ON requests (begun_at);
