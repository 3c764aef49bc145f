"""Timestamps as Timestream's SQL writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_TIMESTAMP = re.compile(
    r"\s*(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[ T](\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?)?"
    r"\s*(Z|UTC|[+-]\d{2}:?\d{2})?\s*",
    re.IGNORECASE,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INT64_MAX = 2**63 - 1
NS_PER_SECOND = 1_000_000_000


def timestamp_ns(text: str) -> int:
    """Return the nanoseconds since the epoch of a timestamp's text; UTC unless it says else.

    The time of day may be left out or short, as in ``2022-06-17 01:00``.

    Raises:
        ValueError: The text is no timestamp, or outside 1677-09-21 .. 2262-04-11.
    """
    match = _TIMESTAMP.fullmatch(text)
    if not match:
        raise ValueError(f"Value cannot be cast to timestamp: {text}")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(match[8]))
    except ValueError:
        raise ValueError(f"Value cannot be cast to timestamp: {text}") from None
    whole = round((moment - _EPOCH) / timedelta(seconds=1))
    result = whole * NS_PER_SECOND + int((match[7] or "").ljust(9, "0"))
    if abs(result) > _INT64_MAX:
        raise ValueError(f"Timestamp is outside 1677-09-21 .. 2262-04-11: {text}")
    return result


def _zone(text: str | None) -> timezone:
    if not text or text.upper() in {"Z", "UTC"}:
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
