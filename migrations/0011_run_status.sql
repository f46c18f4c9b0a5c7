-- The status of a run follows from what happened to it: a step that starts after its run was asked to cancel does not
-- turn `cancelling` back into `running`. A run's page tells the position of the read models, so its own goes.
-- Locks: run_list, while it is written anew; it is built again from the log anyhow (version 2 of the read model).
-- Roll back: drop status and cancel_requested_at, add status text and position bigint.
alter table read_models.run_list
  drop column status,
  drop column position,
  add column cancel_requested_at timestamptz;
alter table read_models.run_list
  add column status text generated always as (
    case
      when finished_at is not null then 'finished'
      when cancel_requested_at is not null then 'cancelling'
      when started_at is not null then 'running'
      else 'queued'
    end
  ) stored;
create index on read_models.run_list (number) where status <> 'finished';
