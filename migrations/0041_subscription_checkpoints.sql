-- Checkpoints of subscriptions, builds of new versions of read models beside the live ones, and events that were skipped.
-- A read model stops at an event that it cannot take until somebody skips it; what was skipped before counts as skipped then.
-- Locks: new tables only. Roll back: drop table subscription_checkpoints, projection_builds, projection_skips.
create table subscription_checkpoints (
  name        text primary key,
  position    bigint not null,
  incarnation uuid not null
);
comment on table subscription_checkpoints is 'readers of the log that store their checkpoint after their work: what is behind it may come again';

create table projection_builds (
  name        text primary key,
  version     int not null,
  shape       text not null,
  position    bigint not null,
  incarnation uuid not null
);
comment on table projection_builds is 'read models that are being built in tables named like the live ones with _draft; moved with the rows';
comment on column projection_builds.shape is 'a digest of the statements that made the draft tables: drafts of another shape are thrown away';

create table projection_skips (
  name       text not null,
  version    int not null,
  position   bigint not null,
  error      text not null,
  skipped_at timestamptz not null default clock_timestamp(),
  primary key (name, version, position)
);
comment on table projection_skips is 'events that a version of a read model passes over, because it cannot take them and somebody said so';
insert into projection_skips (name, version, position, error, skipped_at)
  select f.name, c.version, f.position, f.error, f.failed_at from projection_failures f join projection_checkpoints c using (name);
comment on table projection_failures is 'not used any more: projection_skips took its place';
