-- Who is behind a subject id. The log names people by that id alone, so a row can be erased and nothing of the person is left
-- but an id that tells nothing.
-- Locks: new table only. Roll back: drop table people.
create table people (
  tenant   text not null,
  subject  uuid not null,
  name     text not null,
  email    text,
  noted_at timestamptz not null default clock_timestamp(),
  primary key (tenant, subject)
);
comment on column people.subject is 'what stands behind user: in the actor of an event';
comment on column people.name is 'shown in the place of the subject id while the row is there';
