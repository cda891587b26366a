-- Webhooks of one run, in the form of Firecrawl: `hook` is JSON, what is told of the run and how.
ALTER TABLE webhooks ADD COLUMN run_id INTEGER;
ALTER TABLE webhooks ADD COLUMN hook TEXT;
CREATE UNIQUE INDEX webhooks_run ON webhooks (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX webhooks_standing ON webhooks (tenant_id) WHERE run_id IS NULL;

-- waits: 1 is lent after what came before it for its endpoint was lent.
ALTER TABLE deliveries ADD COLUMN waits INTEGER NOT NULL DEFAULT 0;
CREATE INDEX deliveries_untried ON deliveries (webhook_id, delivery_no) WHERE state = 0 AND tries = 0;

-- Runs that belong together: crawls that are compared with the last one, parts of a batch.
CREATE TABLE run_series (
    run_id    INTEGER PRIMARY KEY,
    tenant_id INTEGER NOT NULL,
    name      TEXT NOT NULL
) STRICT;
CREATE INDEX run_series_name ON run_series (tenant_id, name, run_id);
