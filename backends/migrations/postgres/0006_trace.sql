-- The W3C `traceparent` of the request that began the run, if that was traced.
SET LOCAL lock_timeout = '5s';
ALTER TABLE runs ADD COLUMN trace text;
