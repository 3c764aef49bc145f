"""Timestamps to text and back, by patterns: MySQL's, Joda's (and java.time's), ISO 8601.

Source: Timestream developer guide, "Date / time functions", Formatting and parsing.
"""

from __future__ import annotations

from lab_utils.local_aws.timestream.query.functions.base import Entry, Scalar

FUNCTIONS: dict[str, Entry] = {}
SCALARS: tuple[Scalar, ...] = ()
