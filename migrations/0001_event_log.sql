-- The log and what stands under its lock: events, streams, commands, plans, epochs, and the one function that appends.
-- Locks: new objects only. Roll back: drop the tables, the functions append_v1 and refuse_log_change; the roles belong
-- to the whole cluster and may serve other databases.
--
-- Two roles. millrace_log owns the log and cannot log in: no connection is it, so nobody writes past the function.
-- millrace_app is what the processes of Millrace are (by a login of its own over the embedded server's socket, which has
-- no password, or by `role=millrace_app` elsewhere). Roles are the cluster's, so another database may have made them
-- already, or be making them right now.
do $$
begin
  create role millrace_log nologin;
exception when duplicate_object or unique_violation then null;
end $$;
do $$
begin
  create role millrace_app login;
exception when duplicate_object or unique_violation then null;
end $$;
-- Who migrates without being a superuser must be able to act as both, to hand tables over and to work as the
-- application; since Postgres 16 having made a role is not enough for that. Superusers may act as anybody.
do $$
declare
  v_right text := case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end;
  v_role text;
begin
  foreach v_role in array array['millrace_log', 'millrace_app'] loop
    if not pg_has_role(current_user, v_role, v_right) then
      execute format('grant %I to %I', v_role, current_user);
    end if;
  end loop;
end $$;
grant usage on schema public to millrace_log, millrace_app;
grant create on schema public to millrace_log; -- taken back below: it is needed to own, not to make

-- Wide columns first, so that no row holds padding. `data` is json, not jsonb: it is written far more often than it is
-- searched, and json keeps the text as it was written, which is what the seals of the audit are made over.
create table events (
  position       bigint      not null check (position > 0),
  recorded_at    timestamptz not null,
  stream         uuid        not null,
  version        int         not null check (version > 0),
  log_id         smallint    not null,
  stream_kind    smallint    not null,
  type           smallint    not null,
  schema_version smallint    not null,
  correlation    uuid,
  command_id     uuid,
  tenant         text        not null,
  actor          text        not null,
  causation      text,
  traceparent    text,
  data           json        not null,
  primary key (log_id, position)
) partition by range (position);
comment on table events is 'every state change; written by append_v1 alone, never changed';
comment on column events.position is 'dense and in commit order: who has read p has seen everything below p';
comment on column events.recorded_at is 'never before that of the previous position';

create table events_p0 partition of events for values from (minvalue) to (100000000);
create table events_p1 partition of events for values from (100000000) to (maxvalue);
-- One index to read a stream in order. It lives on the partitions, because it is unique: a tripwire behind the
-- compare-and-set on `streams`, which a unique index of the parent could not be without the position in it.
create unique index events_p0_stream on events_p0 (stream, version, stream_kind);
create unique index events_p1_stream on events_p1 (stream, version, stream_kind);

create table streams (
  stream  uuid     not null,
  kind    smallint not null,
  version int      not null,
  name    text,
  primary key (stream, kind)
) with (fillfactor = 60);
comment on column streams.version is 'compare-and-set by append_v1';
comment on column streams.name is 'the whole name, where its id is no uuid';

create table commands (
  command_id     uuid primary key,
  stream         uuid not null,
  first_position bigint not null,
  last_position  bigint not null,
  expires_at     timestamptz not null,
  stream_kind    smallint not null
);
comment on table commands is 'where the first answer to a command stands; forgotten after expires_at';
create index commands_expiry on commands (expires_at);

create table plans (
  hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
  plan jsonb not null
);
comment on table plans is 'compiled plans by the SHA-256 of their canonical JSON; inserted once, never changed';

create table log_identity (
  log_id      smallint primary key,
  incarnation uuid not null default gen_random_uuid()
);
comment on column log_identity.incarnation is
  'changes when the log is restored from a backup: checkpoints of another incarnation are worthless';
insert into log_identity (log_id) values (0);

create table scheduler_epochs (
  shard int primary key,
  epoch int not null check (epoch > 0)
);
comment on table scheduler_epochs is 'the newest scheduler.leader-changed of each shard; older epochs are refused';

-- Statement triggers, on the parent and on every partition: a trigger of the parent stops neither TRUNCATE of a
-- partition nor writes that name the partition. They hold for the owner and for superusers too.
create function refuse_log_change() returns trigger language plpgsql as $$
declare
  v_stack text;
begin
  if tg_op = 'INSERT' then
    get diagnostics v_stack = pg_context;
    if v_stack ~ 'function (public\.)?append_v[0-9]+\(' then
      return null;
    end if;
  end if;
  raise exception '% of % is refused: the log is only ever appended to, by its append function', tg_op, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;

create trigger events_append_only before insert or update or delete or truncate on events
  for each statement execute function refuse_log_change();
create trigger events_p0_append_only before insert or update or delete or truncate on events_p0
  for each statement execute function refuse_log_change();
create trigger events_p1_append_only before insert or update or delete or truncate on events_p1
  for each statement execute function refuse_log_change();
create trigger plans_insert_only before update or delete or truncate on plans
  for each statement execute function refuse_log_change();

-- Appends a batch. Parameters are arrays, one element per append (p_a_*), per event (p_e_*) or per plan (p_p_*);
-- the client sends them in binary form (measured: 45,000 events/s where one json parameter gave 30,000).
--
-- p_a_first     place of the append's first event among the batch's events, from 1
-- p_a_epoch     with p_a_shard: the epoch that must not be older than the shard's; or, where p_a_raises, the new one
-- p_e_append    place of the event's append in the batch, from 1; the other p_e_* repeat what the append says
-- p_is_plain    true where no two appends name one stream or one command, and none raises an epoch
-- p_life_ms     how long a command id is remembered
--
-- Answers one row with append_no 0 where all were appended, one after the other; else one row for each append.
-- outcome: 1 appended, 2 conflict (version = the actual one), 3 duplicate (stream…, positions), 4 stale epoch (epoch).
create function append_v1(
  p_a_stream uuid[], p_a_kind smallint[], p_a_name text[], p_a_expected int[], p_a_count int[], p_a_first int[],
  p_a_command uuid[], p_a_shard int[], p_a_epoch int[], p_a_raises boolean[],
  p_e_append int[], p_e_stream uuid[], p_e_kind smallint[], p_e_version int[], p_e_type smallint[],
  p_e_schema_version smallint[], p_e_correlation uuid[], p_e_command uuid[], p_e_tenant text[], p_e_actor text[],
  p_e_causation text[], p_e_traceparent text[], p_e_data json[],
  p_p_append int[], p_p_hash text[], p_p_plan jsonb[],
  p_is_plain boolean, p_life_ms bigint
) returns table (
  append_no int, outcome smallint, first_position bigint, last_position bigint, version int, epoch int,
  stream uuid, stream_kind smallint, stream_name text, recorded_ms bigint
)
language plpgsql volatile security definer
-- enable_seqscan: plans are made while the tables are small and kept while they grow.
set search_path = public, pg_temp
set lock_timeout = '10s'
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  v_base bigint;        -- the newest position
  v_before timestamptz; -- and its time
  v_time timestamptz;
  v_ms bigint;
  v_expires timestamptz;
  v_shift bigint[];     -- per append: position of an event minus its place in the batch; null where it was refused
  v_next bigint;
  v_actual int;
  v_epoch int;
  v_known commands%rowtype;
  v_broken uuid[] := '{}'; -- streams of refused appends: what follows in them was decided on events that are not there
  a record;
begin
  -- A statement of its own: the next one must see what the previous holder of the lock committed.
  perform pg_advisory_xact_lock(7420, 0);

  select e.position, e.recorded_at into v_base, v_before
    from events e where e.log_id = 0 order by e.position desc limit 1;
  v_base := coalesce(v_base, 0);
  v_time := greatest(date_trunc('milliseconds', clock_timestamp()), v_before);
  v_ms := extract(epoch from v_time) * 1000;
  v_expires := v_time + p_life_ms * interval '1 millisecond';

  -- The usual case, set by set: nothing is refused.
  if p_is_plain
    and not exists (select from commands c where c.command_id = any (p_a_command))
    and not exists (
      select from unnest(p_a_shard, p_a_epoch) as g (shard, epoch)
      where g.shard is not null
        and g.epoch < (select s.epoch from scheduler_epochs s where s.shard = g.shard))
    and not exists (
      select from unnest(p_a_stream, p_a_kind, p_a_expected) as x (stream, kind, expected)
      where x.expected <> coalesce(
        (select s.version from streams s where s.stream = x.stream and s.kind = x.kind), 0))
  then
    insert into streams as s (stream, kind, version, name)
      select x.stream, x.kind, x.expected + x.count, x.name
      from unnest(p_a_stream, p_a_kind, p_a_expected, p_a_count, p_a_name) as x (stream, kind, expected, count, name)
      on conflict (stream, kind) do update set version = excluded.version;
    if array_length(p_p_hash, 1) > 0 then
      insert into plans (hash, plan)
        select x.hash, x.plan from unnest(p_p_hash, p_p_plan) as x (hash, plan) on conflict do nothing;
    end if;
    insert into events (position, recorded_at, stream, version, log_id, stream_kind, type, schema_version,
        correlation, command_id, tenant, actor, causation, traceparent, data)
      select v_base + x.place, v_time, x.stream, x.version, 0, x.kind, x.type, x.schema_version,
        x.correlation, x.command, x.tenant, x.actor, x.causation, x.traceparent, x.data
      from unnest(p_e_stream, p_e_kind, p_e_version, p_e_type, p_e_schema_version, p_e_correlation, p_e_command,
        p_e_tenant, p_e_actor, p_e_causation, p_e_traceparent, p_e_data) with ordinality
        as x (stream, kind, version, type, schema_version, correlation, command, tenant, actor, causation,
          traceparent, data, place);
    if array_length(p_a_command, 1) > 0 then
      insert into commands (command_id, stream, stream_kind, first_position, last_position, expires_at)
        select x.command, x.stream, x.kind, v_base + x.first, v_base + x.first + x.count - 1, v_expires
        from unnest(p_a_command, p_a_stream, p_a_kind, p_a_first, p_a_count) as x (command, stream, kind, first, count)
        where x.command is not null;
    end if;
    return query select 0, 1::smallint, v_base + 1, v_base + array_length(p_e_stream, 1), null::int, null::int,
      null::uuid, null::smallint, null::text, v_ms;
    return;
  end if;

  -- Append by append, in the order of the batch.
  v_next := v_base + 1;
  for a in
    select * from unnest(p_a_stream, p_a_kind, p_a_name, p_a_expected, p_a_count, p_a_first, p_a_command, p_a_shard,
      p_a_epoch, p_a_raises) with ordinality
      as x (stream, kind, name, expected, count, first, command, shard, epoch, raises, place)
  loop
    append_no := a.place;
    first_position := null; last_position := null; version := null; epoch := null;
    stream := null; stream_kind := null; stream_name := null; recorded_ms := null;
    v_shift := array_append(v_shift, null);
    v_broken := array_append(v_broken, a.stream); -- until it is known better

    if a.command is not null then
      select * into v_known from commands c where c.command_id = a.command and c.expires_at > v_time;
      if found then
        outcome := 3;
        first_position := v_known.first_position;
        last_position := v_known.last_position;
        stream := v_known.stream;
        stream_kind := v_known.stream_kind;
        select s.name into stream_name from streams s where s.stream = v_known.stream and s.kind = v_known.stream_kind;
        return next;
        continue;
      end if;
    end if;

    if a.shard is not null then
      select s.epoch into v_epoch from scheduler_epochs s where s.shard = a.shard;
      if found and (v_epoch > a.epoch or (a.raises and v_epoch = a.epoch)) then
        outcome := 4;
        epoch := v_epoch;
        return next;
        continue;
      end if;
    end if;

    select s.version into v_actual from streams s where s.stream = a.stream and s.kind = a.kind;
    v_actual := coalesce(v_actual, 0);
    if v_actual <> a.expected or a.stream = any (v_broken[:append_no - 1]) then
      outcome := 2;
      version := v_actual;
      return next;
      continue;
    end if;

    insert into streams as s (stream, kind, version, name) values (a.stream, a.kind, a.expected + a.count, a.name)
      on conflict (stream, kind) do update set version = excluded.version;
    if a.raises then
      insert into scheduler_epochs as s (shard, epoch) values (a.shard, a.epoch)
        on conflict (shard) do update set epoch = excluded.epoch;
    end if;
    if a.command is not null then
      insert into commands as c (command_id, stream, stream_kind, first_position, last_position, expires_at)
        values (a.command, a.stream, a.kind, v_next, v_next + a.count - 1, v_expires)
        on conflict (command_id) do update set stream = excluded.stream, stream_kind = excluded.stream_kind,
          first_position = excluded.first_position, last_position = excluded.last_position,
          expires_at = excluded.expires_at;
    end if;
    v_shift[append_no] := v_next - a.first;
    v_broken[append_no] := null;
    outcome := 1;
    first_position := v_next;
    last_position := v_next + a.count - 1;
    version := a.expected + a.count;
    recorded_ms := v_ms;
    v_next := v_next + a.count;
    return next;
  end loop;

  if v_next > v_base + 1 then
    insert into plans (hash, plan)
      select x.hash, x.plan from unnest(p_p_append, p_p_hash, p_p_plan) as x (append, hash, plan)
      where v_shift[x.append] is not null on conflict do nothing;
    insert into events (position, recorded_at, stream, version, log_id, stream_kind, type, schema_version,
        correlation, command_id, tenant, actor, causation, traceparent, data)
      select v_shift[x.append] + x.place, v_time, x.stream, x.version, 0, x.kind, x.type, x.schema_version,
        x.correlation, x.command, x.tenant, x.actor, x.causation, x.traceparent, x.data
      from unnest(p_e_append, p_e_stream, p_e_kind, p_e_version, p_e_type, p_e_schema_version, p_e_correlation,
        p_e_command, p_e_tenant, p_e_actor, p_e_causation, p_e_traceparent, p_e_data) with ordinality
        as x (append, stream, kind, version, type, schema_version, correlation, command, tenant, actor, causation,
          traceparent, data, place)
      where v_shift[x.append] is not null;
  end if;
end $$;

-- Forgets expired command ids, at most p_limit at a time; answers how many.
create function forget_commands_v1(p_limit int) returns int
language sql volatile security definer set search_path = public, pg_temp as $$
  with gone as (
    delete from commands where command_id in (
      select command_id from commands where expires_at < clock_timestamp() order by expires_at limit p_limit)
    returning 1)
  select count(*)::int from gone
$$;

alter table events owner to millrace_log;
alter table events_p0 owner to millrace_log;
alter table events_p1 owner to millrace_log;
alter table streams owner to millrace_log;
alter table commands owner to millrace_log;
alter table plans owner to millrace_log;
alter table log_identity owner to millrace_log;
alter table scheduler_epochs owner to millrace_log;
alter function append_v1 owner to millrace_log;
alter function forget_commands_v1 owner to millrace_log;
revoke create on schema public from millrace_log;
revoke all on function append_v1 from public;
revoke all on function forget_commands_v1 from public;
grant select on events, streams, commands, plans, log_identity, scheduler_epochs to millrace_app;
grant execute on function append_v1, forget_commands_v1 to millrace_app;
-- And nobody who can log in inherits what the owner of the log may do.
do $$
begin
  if not (select rolsuper from pg_roles where rolname = current_user) then
    execute format('revoke millrace_log from %I', current_user);
  end if;
end $$;
