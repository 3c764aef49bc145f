"""The functions of Timestream's numbers page."""

from __future__ import annotations

from lab_utils.local_aws.timestream.query.functions.base import Entry

FUNCTIONS: dict[str, Entry] = {}
