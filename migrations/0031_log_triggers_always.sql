-- The triggers that guard the log fire for every session: an ordinary one is passed over where
-- `session_replication_role` is `replica`, which a superuser, or a tool that restores and replicates, may set.
-- And one function that makes a partition of `events` what it has to be, for the files that add partitions later.
-- Locks: events and its partitions, plans, each for a moment (ALTER TABLE). Roll back: `enable trigger` for each, drop
-- the function.
do $$
begin
  if not (select rolsuper from pg_roles where rolname = current_user) then
    execute format('grant millrace_log to %I', current_user);
  end if;
end $$;

alter table events enable always trigger events_append_only;
alter table events_p0 enable always trigger events_p0_append_only;
alter table events_p1 enable always trigger events_p1_append_only;
alter table plans enable always trigger plans_insert_only;

-- Everything that a partition of `events` needs and does not take over from its parent: the unique index to read a
-- stream in order, the guarding trigger, the owner, no right to write for anybody. For migrations: they call it for a
-- partition that they have just made. May be repeated.
create function guard_events_partition_v1(p_partition regclass) returns void
language plpgsql set search_path = public, pg_temp as $$
declare
  v_name text := (select relname from pg_class where oid = p_partition);
begin
  execute format('create unique index if not exists %I on %s (stream, version, stream_kind)', v_name || '_stream', p_partition);
  execute format('drop trigger if exists %I on %s', v_name || '_append_only', p_partition);
  execute format(
    'create trigger %I before insert or update or delete or truncate on %s for each statement execute function refuse_log_change()',
    v_name || '_append_only', p_partition);
  execute format('alter table %s enable always trigger %I', p_partition, v_name || '_append_only');
  execute format('revoke all on %s from public, millrace_app', p_partition);
  execute format('alter table %s owner to millrace_log', p_partition);
end $$;
revoke all on function guard_events_partition_v1 from public;

do $$
begin
  if not (select rolsuper from pg_roles where rolname = current_user) then
    execute format('revoke millrace_log from %I', current_user);
  end if;
end $$;
