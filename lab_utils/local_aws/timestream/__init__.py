"""Amazon Timestream for LiveAnalytics: the write and the query service, on a DuckDB file."""
