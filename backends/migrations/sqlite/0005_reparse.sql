-- Versions of what was read from a run's pages. 0 is the crawl's own; `version` is the current one,
-- `versions` the last number given.
ALTER TABLE runs ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN versions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE parsed ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE records ADD COLUMN version INTEGER NOT NULL DEFAULT 0;

DROP INDEX parsed_seq;
CREATE UNIQUE INDEX parsed_seq ON parsed (run_id, version, seq);
DROP INDEX records_valid;
CREATE UNIQUE INDEX records_valid ON records (run_id, version, seq, ord) WHERE rejected IS NULL;
DROP INDEX records_rejected;
CREATE UNIQUE INDEX records_rejected ON records (run_id, version, seq, ord) WHERE rejected IS NOT NULL;

-- A version beyond 0, and how far it is. `base`: the version that it is compared with.
CREATE TABLE reparses (
    run_id     INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    base       INTEGER NOT NULL,
    dry_run    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at   INTEGER,
    parts      INTEGER NOT NULL,
    applied    INTEGER NOT NULL,
    pages      INTEGER NOT NULL,
    records    INTEGER NOT NULL,
    rejected   INTEGER NOT NULL,
    extract    TEXT NOT NULL,
    PRIMARY KEY (run_id, version)
) STRICT, WITHOUT ROWID;

-- Its parts that are not applied: the pages after `from_seq`, up to `to_seq`.
CREATE TABLE reparse_parts (
    run_id       INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    to_seq       INTEGER NOT NULL,
    from_seq     INTEGER NOT NULL,
    announced_at INTEGER NOT NULL,
    PRIMARY KEY (run_id, version, to_seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX reparse_parts_announced ON reparse_parts (announced_at, run_id, version, to_seq);

-- How its fields differ from those of its base, counted over records of the same page and place.
CREATE TABLE reparse_fields (
    run_id  INTEGER NOT NULL,
    version INTEGER NOT NULL,
    field   TEXT NOT NULL,
    same    INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    added   INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    PRIMARY KEY (run_id, version, field)
) STRICT, WITHOUT ROWID;
