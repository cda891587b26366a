-- What a request with an Idempotency-Key has made: written in the transaction that makes it, so that a repetition
-- finds it, whatever died meanwhile.
ALTER TABLE requests ADD COLUMN made TEXT;

-- The letters of a run.
CREATE INDEX dead_letters_run ON dead_letters (run_id, letter_id) WHERE run_id IS NOT NULL;
