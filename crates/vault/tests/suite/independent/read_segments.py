"""Reads segments and samples with DuckDB and prints what the test compares, as JSON."""

import json
import sys

import duckdb

lines, samples = (f"{folder}/**/*.parquet" for folder in sys.argv[1:3])
db = duckdb.connect()
db.execute("SET TimeZone = 'UTC'")


def rows(sql, *arguments):
    return [list(row) for row in db.execute(sql, list(arguments)).fetchall()]


print(json.dumps({
    "count": rows("SELECT count(*), count(DISTINCT record_index), min(record_index), max(record_index) FROM read_parquet(?)", lines)[0],
    "sent": rows("SELECT count(sent_at) FROM read_parquet(?)", lines)[0][0],
    "record": rows(
        """SELECT record_index, epoch_ms(received_at), replace(source::VARCHAR, '-', ''), peer, severity, host, application,
                  decode(raw) FROM read_parquet(?) WHERE record_index = 777""", lines)[0],
    "by_application": rows("SELECT application, count(*) FROM read_parquet(?) GROUP BY 1 ORDER BY 1", lines),
    "sorted": rows(
        """SELECT count(*) FROM (SELECT (application, host, record_index) < lag((application, host, record_index)) OVER (
             PARTITION BY filename ORDER BY file_row_number) AS wrong FROM read_parquet(?, filename = true, file_row_number = true))
           WHERE wrong""", lines)[0][0],
    "encodings": rows("SELECT DISTINCT compression FROM parquet_metadata(?)", lines),
    "samples": rows("SELECT noun, label, metric, reading, count(*), sum(value)::BIGINT FROM read_parquet(?) GROUP BY ALL ORDER BY reading", samples),
}))
