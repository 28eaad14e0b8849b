-- The day's new events, each once, without those that stand already. Of two with one id the earlier counts.
with once as (
  select id, min({ 'at': "at", 'source': source, 'value': value, 'kind': kind }) as event
  from arrived
  group by id
)
select id, event.at as "at", event.source as source, event.value as value, event.kind as kind
from once
where not exists (from standing where standing.id = once.id)
