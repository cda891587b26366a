-- Versions of what was read from a run's pages. 0 is the crawl's own; `version` is the current one,
-- `versions` the last number given.
ALTER TABLE runs ADD COLUMN version bigint NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN versions bigint NOT NULL DEFAULT 0;
ALTER TABLE parsed ADD COLUMN version bigint NOT NULL DEFAULT 0;
ALTER TABLE records ADD COLUMN version bigint NOT NULL DEFAULT 0;

ALTER TABLE parsed DROP CONSTRAINT parsed_pkey;
ALTER TABLE parsed ADD PRIMARY KEY (run_id, version, seq);
DROP INDEX records_valid;
CREATE UNIQUE INDEX records_valid ON records (run_id, version, seq, ord) WHERE rejected IS NULL;
DROP INDEX records_rejected;
CREATE UNIQUE INDEX records_rejected ON records (run_id, version, seq, ord) WHERE rejected IS NOT NULL;

-- A version beyond 0, and how far it is. `base`: the version that it is compared with.
CREATE TABLE reparses (
    run_id     bigint NOT NULL,
    version    bigint NOT NULL,
    base       bigint NOT NULL,
    dry_run    bigint NOT NULL,
    created_at bigint NOT NULL,
    ended_at   bigint,
    parts      bigint NOT NULL,
    applied    bigint NOT NULL,
    pages      bigint NOT NULL,
    records    bigint NOT NULL,
    rejected   bigint NOT NULL,
    extract    text NOT NULL,
    PRIMARY KEY (run_id, version)
);

-- Its parts that are not applied: the pages after `from_seq`, up to `to_seq`.
CREATE TABLE reparse_parts (
    run_id       bigint NOT NULL,
    version      bigint NOT NULL,
    to_seq       bigint NOT NULL,
    from_seq     bigint NOT NULL,
    announced_at bigint NOT NULL,
    PRIMARY KEY (run_id, version, to_seq)
);
CREATE INDEX reparse_parts_announced ON reparse_parts (announced_at, run_id, version, to_seq);

-- How its fields differ from those of its base, counted over records of the same page and place.
CREATE TABLE reparse_fields (
    run_id  bigint NOT NULL,
    version bigint NOT NULL,
    field   text NOT NULL,
    same    bigint NOT NULL,
    changed bigint NOT NULL,
    added   bigint NOT NULL,
    removed bigint NOT NULL,
    PRIMARY KEY (run_id, version, field)
);
