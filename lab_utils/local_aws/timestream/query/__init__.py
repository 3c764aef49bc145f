"""Timestream's query side: its SQL in DuckDB's, and the Query operations."""
