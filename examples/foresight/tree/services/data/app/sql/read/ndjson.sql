-- Each line as it stands: whether it is JSON is seen later.
select row
from read_csv(
  getvariable('input'), columns = { row: 'varchar' }, header = false, delim = '', quote = '', escape = '',
  auto_detect = false, store_rejects = true, rejects_limit = 0
)
