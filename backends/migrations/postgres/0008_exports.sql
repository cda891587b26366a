-- Files of a run's records in the archive. state: 0 to be written (now or from `due` on; it is lent where `due` is in
-- the future), 1 ready, 2 failed. `until`: the records are those of pages before this place. `tries`: the number
-- of the last lending. format: 0 JSON Lines, 1 CSV, 2 Parquet.
CREATE TABLE exports (
    export_id  bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    run_id     bigint NOT NULL,
    format     bigint NOT NULL,
    version    bigint NOT NULL,
    url_prefix text,
    until      bigint NOT NULL,
    state      bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    ended_at   bigint,
    due        bigint NOT NULL,
    lent       bigint NOT NULL DEFAULT 0,
    tries      bigint NOT NULL DEFAULT 0,
    written    bigint NOT NULL DEFAULT 0,
    bytes      bigint NOT NULL DEFAULT 0,
    reason     text,
    object     text
);
CREATE INDEX exports_run ON exports (run_id, export_id);
CREATE INDEX exports_due ON exports (due, export_id) WHERE state = 0;
