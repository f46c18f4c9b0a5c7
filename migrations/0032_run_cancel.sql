-- Who wished for the end of a run, and why: lists and a run's page say it.
-- Locks: run_list, for a moment; it is built again from the log anyhow (version 3 of the read model).
-- Roll back: drop cancel_by and cancel_reason.
alter table read_models.run_list
  add column cancel_by text,
  add column cancel_reason text;
