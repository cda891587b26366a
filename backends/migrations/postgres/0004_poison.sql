-- What broke those who handled it.

-- Segments that were delivered before and are parsed with care, until they are applied. `tries`: how often
-- one was taken up so. `page_begun`: the page that is being parsed, by its place in the manifest.
-- `page_died`: the page over which a parser died once. `poison`: those that are not parsed any more, as JSON.
CREATE TABLE care (
    run_id     BIGINT NOT NULL,
    segment_id BYTEA NOT NULL,
    tries      BIGINT NOT NULL,
    page_begun BIGINT,
    page_died  BIGINT,
    poison     TEXT NOT NULL,
    PRIMARY KEY (run_id, segment_id)
);

-- Dead letters: messages (lane, len, body), or pages that were closed as poison (url, kind, depth). `name`
-- tells whether one was filed already.
CREATE TABLE dead_letters (
    letter_id   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    filed_at    BIGINT NOT NULL,
    replayed_at BIGINT,
    run_id      BIGINT,
    reason      TEXT NOT NULL,
    lane        TEXT,
    len         BIGINT,
    body        BYTEA,
    url         TEXT,
    kind        BIGINT,
    depth       BIGINT
);
