-- What people read, built from the events and thrown away at will: run list, run detail, queue, executors, pipelines.
-- A schema of its own that the application owns, so that it can rebuild a table beside the old one and swap them.
-- Locks: new tables only. Roll back: drop schema read_models cascade; drop table projection_checkpoints, projection_failures.
create schema read_models;

create table projection_checkpoints (
  name        text primary key,
  version     int not null,
  position    bigint not null,
  incarnation uuid not null
);
comment on column projection_checkpoints.position is 'everything up to here is in the rows; written in the same transaction as they';

create table projection_failures (
  name      text not null,
  position  bigint not null,
  error     text not null,
  failed_at timestamptz not null default clock_timestamp(),
  primary key (name, position)
);
comment on table projection_failures is 'events that a projection could not take: skipped, so that what follows is not held up';

create table read_models.run_list (
  run_id uuid primary key, number bigint, pipeline text, plan_hash text, status text, outcome text, queued_at timestamptz,
  started_at timestamptz, finished_at timestamptz, trigger jsonb, retry_of uuid, source jsonb, isolation text, inputs jsonb,
  failed_steps jsonb, position bigint
);
create unique index on read_models.run_list (number);
create index on read_models.run_list (pipeline, number);
create index on read_models.run_list (number) where status <> 'finished';

create table read_models.run_steps (
  run_id uuid, step text, ordinal int, name text, status text, outcome text, cause text, exit_code int, signal text,
  allow_failure boolean, depends_on jsonb, skip_reason text, ended_at timestamptz, primary key (run_id, step)
);
create table read_models.run_attempts (
  run_id uuid, step text, attempt int, executor uuid, fence bigint, assigned_at timestamptz, started_at timestamptz,
  finished_at timestamptz, report jsonb, primary key (run_id, step, attempt)
);
create index on read_models.run_attempts (executor) where finished_at is null;
create table read_models.run_waits (
  run_id uuid, step text, position bigint, reason text, from_at timestamptz, primary key (run_id, step, position)
);

create table read_models.queued_steps (
  run_id uuid, step text, attempt int, position bigint, queued_at timestamptz, not_before timestamptz, reason text,
  reason_since timestamptz, primary key (run_id, step)
);
create index on read_models.queued_steps (position);

create table read_models.executors (
  executor_id uuid primary key, name text, status text, labels jsonb, slots int, drivers jsonb, isolation text, version text,
  registered_at timestamptz, position bigint, lost_at timestamptz, lost_why text
);
create index on read_models.executors (position);

create table read_models.pipeline_versions (
  pipeline_id uuid, version int, name text, plan_hash text, source_hash text, registered_at timestamptz,
  primary key (pipeline_id, version)
);
create index on read_models.pipeline_versions (name, version);

grant usage, create on schema read_models to millrace_app;
do $$
declare
  each text;
begin
  for each in select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'read_models' loop
    execute format('grant all on %s to millrace_app', each);
    begin
      execute format('alter table %s owner to millrace_app', each);
    exception when insufficient_privilege then
      -- The migrating user may not give tables away: it stays the owner, and rebuilds empty a table instead of swapping it.
      null;
    end;
  end loop;
end
$$;
