-- Leadership by name. A name has a number, by which the log knows its epoch (`scheduler_epochs.shard`) and
-- `leader_leases` its lease; the scheduler of a shard keeps the shard as its number. The newest epoch stands in a row
-- of its own, apart from the lease: a guarded write holds that row (FOR SHARE) to its end without delaying renewals,
-- and a claim, which raises the epoch, waits for it.
-- A process of before this file claims in `leader_leases` alone. Claims of later ones are above its epochs all the same.
-- Locks: new objects only; leader_leases and scheduler_epochs are read. Roll back: drop leaderships, leadership_numbers.
create sequence leadership_numbers as int minvalue 1000;

create table leaderships (
  name   text primary key check (name <> ''),
  number int not null unique default nextval('leadership_numbers'),
  epoch  int not null check (epoch >= 0)
);
alter sequence leadership_numbers owned by leaderships.number;
comment on table leaderships is 'who writes what a leadership guards shows the newest epoch of its name';
comment on column leaderships.number is 'shard in leader_leases and scheduler_epochs; below 1000: a shard of the scheduler';
comment on column leaderships.epoch is 'of the newest claim; 0 before the first';

insert into leaderships (name, number, epoch)
  select 'scheduler:' || shard, shard, max(epoch)
  from (select shard, epoch from leader_leases union all select shard, epoch from scheduler_epochs) as known
  where shard between 0 and 999
  group by shard;
