-- Whose each row is, in the read models that are listed or searched by name. They are built again from the log (a new version
-- of each); until then the old rows are read, so they get their tenant here: a log from before has one tenant, that of its
-- first event.
-- Locks: the four tables, for a moment (a constant default); making the indexes holds off writers. Roll back: drop the columns.
do $$
declare
  each text;
begin
  for each in select unnest(array['run_list', 'queued_steps', 'executors', 'pipeline_versions']) loop
    execute format('alter table read_models.%I add column tenant text default %L', each,
      (select e.tenant from events e where e.log_id = 0 order by e.position limit 1));
    execute format('alter table read_models.%I alter column tenant drop default', each);
  end loop;
end $$;
create index on read_models.run_list (tenant, number);
create index on read_models.run_list (tenant, pipeline, number);
create index on read_models.run_list (tenant, number) where status <> 'finished';
create index on read_models.queued_steps (tenant, position);
create index on read_models.pipeline_versions (tenant, name, version);
