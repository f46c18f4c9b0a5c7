-- The scheduler's fold of the log, put away every 10,000 events so that a start need not read from zero. Disposable:
-- delete a row and it is made again.
-- Locks: new table only. Roll back: drop table scheduler_snapshots.
create table scheduler_snapshots (
  shard        int primary key,
  incarnation  uuid not null,
  fold_version int not null,
  position     bigint not null check (position >= 0),
  body         text not null
);
comment on column scheduler_snapshots.incarnation is 'of the log that was folded; of another log it is worth nothing';
comment on column scheduler_snapshots.fold_version is 'of the code that folded; another version folds from zero';
comment on column scheduler_snapshots.body is 'JSON as text: only ever read whole';
