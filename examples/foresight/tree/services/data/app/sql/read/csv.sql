-- Each row as JSON, by the names of the header.
select to_json(line) as row
from read_csv(
  getvariable('input'), columns = getvariable('columns'), header = true, delim = ',', quote = '"', escape = '"',
  auto_detect = false, store_rejects = true, rejects_limit = 0
) as line
