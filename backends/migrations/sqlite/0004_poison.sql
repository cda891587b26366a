-- What broke those who handled it.

-- Segments that were delivered before and are parsed with care, until they are applied. `tries`: how often
-- one was taken up so. `page_begun`: the page that is being parsed, by its place in the manifest.
-- `page_died`: the page over which a parser died once. `poison`: those that are not parsed any more, as JSON.
CREATE TABLE care (
    run_id     INTEGER NOT NULL,
    segment_id BLOB NOT NULL,
    tries      INTEGER NOT NULL,
    page_begun INTEGER,
    page_died  INTEGER,
    poison     TEXT NOT NULL,
    PRIMARY KEY (run_id, segment_id)
) STRICT, WITHOUT ROWID;

-- Dead letters: messages (lane, len, body), or pages that were closed as poison (url, kind, depth). `name`
-- tells whether one was filed already.
CREATE TABLE dead_letters (
    letter_id   INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL UNIQUE,
    filed_at    INTEGER NOT NULL,
    replayed_at INTEGER,
    run_id      INTEGER,
    reason      TEXT NOT NULL,
    lane        TEXT,
    len         INTEGER,
    body        BLOB,
    url         TEXT,
    kind        INTEGER,
    depth       INTEGER
) STRICT;
