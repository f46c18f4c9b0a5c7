-- Who leads, and who was heard of. Not event-sourced: these rows change every few seconds.
-- Locks: new tables only. Roll back: drop leader_leases, executor_heartbeats.
create table leader_leases (
  shard   int primary key,
  holder  text,
  epoch   int not null check (epoch > 0),
  counter bigint not null check (counter > 0)
) with (fillfactor = 70);
comment on column leader_leases.holder is 'null where the last leader freed the row';
comment on column leader_leases.counter is
  'grows with each claim and renewal; silence is judged by monotonic clocks, not by a timestamp';

create table executor_heartbeats (
  executor_id uuid primary key,
  beats       bigint not null check (beats > 0),
  free_slots  int not null check (free_slots >= 0)
) with (fillfactor = 70);
comment on column executor_heartbeats.beats is
  'only ever grows; the leader judges silence by its own monotonic clock, not by a timestamp';

grant select, insert, update, delete on leader_leases, executor_heartbeats to millrace_app;
