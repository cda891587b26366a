-- A page's content in the forms that the job keeps, a JSON object.
SET LOCAL lock_timeout = '5s';
ALTER TABLE parsed ADD COLUMN content text;
