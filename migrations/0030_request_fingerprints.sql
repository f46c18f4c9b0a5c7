-- What an Idempotency-Key was used for, so that the same key with another body is refused.
-- Locks: new table only. Roll back: drop table request_fingerprints.
create table request_fingerprints (
  command_id  uuid primary key,
  fingerprint text not null,
  used_at     timestamptz not null default clock_timestamp()
);
comment on column request_fingerprints.fingerprint is 'hex SHA-256 over the canonical JSON of the body';
create index request_fingerprints_used_at on request_fingerprints (used_at);
