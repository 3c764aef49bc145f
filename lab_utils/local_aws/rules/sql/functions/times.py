"""parse_time and time_to_epoch."""

from __future__ import annotations

from typing import Final

from lab_utils.local_aws.rules.sql.functions.registry import Function

FUNCTIONS: Final[dict[str, Function]] = {}
