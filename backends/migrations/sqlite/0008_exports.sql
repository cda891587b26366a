-- Files of a run's records in the archive. state: 0 to be written (now or from `due` on; it is lent where `due` is in
-- the future), 1 ready, 2 failed. `until`: the records are those of pages before this place. `tries`: the number
-- of the last lending. format: 0 JSON Lines, 1 CSV, 2 Parquet.
CREATE TABLE exports (
    export_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id     INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    url_prefix TEXT,
    until      INTEGER NOT NULL,
    state      INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    ended_at   INTEGER,
    due        INTEGER NOT NULL,
    lent       INTEGER NOT NULL DEFAULT 0,
    tries      INTEGER NOT NULL DEFAULT 0,
    written    INTEGER NOT NULL DEFAULT 0,
    bytes      INTEGER NOT NULL DEFAULT 0,
    reason     TEXT,
    object     TEXT
) STRICT;
CREATE INDEX exports_run ON exports (run_id, export_id);
CREATE INDEX exports_due ON exports (due, export_id) WHERE state = 0;
