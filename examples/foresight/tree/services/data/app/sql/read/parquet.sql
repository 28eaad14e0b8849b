-- Each row as JSON, by the names of the columns.
select to_json(line) as row from read_parquet(getvariable('input')) as line
