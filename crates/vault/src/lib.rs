//! Append-only streams: write-ahead log, Parquet segments, transparency log, search.
