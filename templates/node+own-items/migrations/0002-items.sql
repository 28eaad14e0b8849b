-- The sample resource. A table from before there were migrations is kept, once it has the column that it lacks:
-- alter table items add column key text;
create table if not exists items (
  number integer primary key autoincrement, -- sqlite
  number bigint generated always as identity primary key, -- postgres
  id text not null unique,
  title text not null,
  done integer not null,
  "createdAt" text not null,
  key text
)
strict -- sqlite
;

-- A request that comes again with the same key makes nothing new.
create unique index if not exists items_by_key on items (key);
