-- A page's content in the forms that the job keeps, a JSON object. The last column: a reader that does not want it
-- need not pass it.
ALTER TABLE parsed ADD COLUMN content TEXT;
