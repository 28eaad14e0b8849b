-- Rows of one input, by name and type; `reason` says why a row is none, and is null for a good one.
-- `fault` was found while reading.
with parsed as (
  select row, fault, try_cast(row as json) as json from raw
), named as (
  select
    *,
    json ->> '$.id' as id_text,
    json ->> '$.at' as at_text,
    json ->> '$.source' as source,
    json ->> '$.value' as value_text,
    json ->> '$.kind' as kind
  from parsed
), typed as (
  select
    row, fault, json, id_text, at_text, value_text, source, kind,
    try_cast(id_text as uuid) as id,
    try_cast(at_text as timestamptz)::timestamp as "at",
    try_cast(value_text as double) as value
  from named
)
select
  row, id, "at", source, value, kind,
  case
    when fault is not null then fault
    when coalesce(json_type(json), '') <> 'OBJECT' then 'no JSON object'
    when id is null then if(id_text is null, 'id is missing', 'id is no UUID')
    when "at" is null then if(at_text is null, 'at is missing', 'at is no time')
    when "at" < timestamp '2000-01-01' then 'at is before 2000'
    when "at" > getvariable('now') + interval 1 day then 'at is in the future'
    when source is null or length(source) not between 1 and 60 then 'source has not 1 to 60 characters'
    when value is null then if(value_text is null, 'value is missing', 'value is no number')
    when not isfinite(value) or abs(value) > 1e12 then 'value is out of range'
    when kind is not null and length(kind) not between 1 and 60 then 'kind has not 1 to 60 characters'
  end as reason
from typed
