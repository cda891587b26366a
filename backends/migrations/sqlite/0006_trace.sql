-- The W3C `traceparent` of the request that began the run, if that was traced.
ALTER TABLE runs ADD COLUMN trace TEXT;
