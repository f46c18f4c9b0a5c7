-- The short number of a run: one sequence for the whole server, gaps allowed.
-- Locks: new sequence only. Roll back: drop sequence run_numbers.
create sequence run_numbers;
grant usage on sequence run_numbers to millrace_app;

-- What later migrations make (read models, mostly) is the application's to read and write. A table that is not its to
-- write says so itself: `revoke … from millrace_app`, as every new partition of events must.
alter default privileges in schema public grant select, insert, update, delete on tables to millrace_app;
alter default privileges in schema public grant usage on sequences to millrace_app;
