-- Each source by the day, from its hours.
select
  source,
  date,
  date_trunc('day', hour) as day,
  sum(events)::bigint as events,
  sum(total) as total,
  min(least) as least,
  max(most) as most,
  arg_max(last, last_at) as last,
  max(last_at) as last_at
from hourly
group by source, date, day
order by source, day
