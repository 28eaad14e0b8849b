-- Each source by the hour. Every table has the column `date`: there is a file for each, and it is made of that date's events.
select
  source,
  date,
  date_trunc('hour', "at") as hour,
  count(*) as events,
  sum(value) as total,
  min(value) as least,
  max(value) as most,
  arg_max(value, "at") as last,
  max("at") as last_at
from events
group by source, date, hour
order by source, hour
