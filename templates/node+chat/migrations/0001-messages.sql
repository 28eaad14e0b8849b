-- What was said in rooms. A table from before there were migrations is kept, once it has the columns that it lacks:
-- alter table messages add column author_id text; alter table messages add column key text;
create table if not exists messages (
  number integer primary key, -- sqlite
  number bigint generated always as identity primary key, -- postgres
  id text not null unique,
  room text not null,
  author_id text,
  author text not null,
  text text not null,
  at text not null,
  key text
)
strict -- sqlite
;

create index if not exists messages_by_room on messages (room, number);

-- What comes again with the same key is kept once.
create unique index if not exists messages_by_key on messages (room, author_id, key);
