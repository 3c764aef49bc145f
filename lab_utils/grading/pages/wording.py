"""Numbers, times and statuses as the pages write them."""

from __future__ import annotations

from datetime import UTC, datetime

PART_TITLES = {
    1: "AWS IoT Core setup",
    2: "invalid readings go to DynamoDB",
    3: "readings go to Timestream",
    4: "a Lambda switches the air conditioners",
    5: "a pipeline brings the code",
    6: "see what the house did",
    7: "destroy it all",
}
"""The titles of the notebooks."""
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def part_title(part: int) -> str:
    """Return such as ``Part 7: destroy it all``."""
    title = PART_TITLES.get(part)
    return f"Part {part}: {title}" if title else f"Part {part}"


def points(number: float) -> str:
    """Return a number of points with at most two decimals, such as ``82`` and ``82.5``."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def of_points(number: float) -> str:
    """Return such as ``1 point`` and ``4 points``."""
    return f"{points(number)} point{'' if number == 1 else 's'}"


def percent(share: float) -> str:
    """Return a share from 0 to 1 such as ``67 %``."""
    return f"{100 * share:.0f} %"


def days(number: int) -> str:
    """Return such as ``1 day`` and ``3 days``."""
    return f"{number} day{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """Return a time in its two largest units, such as ``2 d 3 h`` and ``4.2 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    left = round(seconds)
    told: list[str] = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count or told:
            told.append(f"{count} {unit}")
        if len(told) == 2:
            break
    return " ".join(one for one in told if not one.startswith("0 "))


def moment(time: str | None) -> str:
    """Return a time in ISO 8601 as a reader has it, in UTC where its zone is known."""
    try:
        parsed = datetime.fromisoformat(time or "")
    except ValueError:
        return time or "unknown"
    if parsed.tzinfo is None:
        return parsed.strftime("%Y-%m-%d %H:%M")
    return parsed.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
