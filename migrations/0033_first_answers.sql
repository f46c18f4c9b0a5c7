-- What a request with an Idempotency-Key was answered, for the repeat of one that left nothing in the log to answer from.
-- Locks: request_fingerprints, for a moment (a column without a default). Roll back: alter table request_fingerprints drop column answer.
alter table request_fingerprints add column answer jsonb;
comment on column request_fingerprints.answer is 'the body of the first answer, where the operation keeps it';
