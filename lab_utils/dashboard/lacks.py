"""Why there is nothing to show, in words: what is missing, and which part makes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from lab_utils.dashboard.queries import DATABASE, TABLE
from lab_utils.dashboard.snapshot import Lack
from lab_utils.errors import LabError, QueryError

_RUN_THE_HOUSE = "Run the house: `lab simulate`, or House(lab).run(minutes=30) in a notebook."
_NO_DATABASE = re.compile(r"[Dd]atabase '?\S+'? not found")
_NO_TABLE = re.compile(r"Table '\S+' does not exist")
_NO_COLUMN = re.compile(r"Column '(?P<name>.*?)' does not exist")


def table_lack(error: QueryError, newest: Callable[[], datetime | None]) -> Lack:
    """Return why the table cannot be read.

    Args:
        error: What came of the query of the readings.
        newest: Returns the time of the table's newest record, None if it has none.

    Raises:
        QueryError: The error, where it says nothing of what is missing.
    """
    if _NO_DATABASE.search(error.happened):
        return Lack(f'There is no Timestream database "{DATABASE}" yet.', "Part 3 makes it.")
    if _NO_TABLE.search(error.happened):
        return Lack(
            f'There is no Timestream table "{TABLE}" in the database "{DATABASE}" yet.',
            "Part 3 makes it.",
        )
    column = _NO_COLUMN.search(error.happened)
    if column is None:
        raise error
    if newest() is None:
        return Lack(
            "Nothing was ever written to the Timestream table.",
            f"The topic rule of part 3 writes the readings of the house. {_RUN_THE_HOUSE}",
        )
    return Lack(
        f"The records in Timestream have no dimension {column['name']}.",
        "The topic rule of part 3 gives each record the dimensions sensor_id, zone_id and "
        "temperature.",
        is_error=True,
    )


def no_readings(minutes: int, newest: datetime | None, now: datetime) -> Lack:
    """Return that a window is empty, and when the newest reading came.

    Args:
        minutes: The window, in lab minutes.
        newest: The newest record's time; None if there is none.
        now: The lab's time.
    """
    unit = "lab minute" if minutes == 1 else f"{minutes} lab minutes"
    last = ""
    if newest is not None:
        ago = (now - newest).total_seconds() / 60
        last = f" The newest one is of {newest:%H:%M:%S}, {ago:.0f} lab minutes ago."
    return Lack(f"No reading came in the last {unit}.{last}", _RUN_THE_HOUSE)


def no_means() -> Lack:
    """Return that there are no means, for want of readings."""
    return Lack("Without valid readings there are no means.", "")


def error_lack(what: str, error: Exception) -> Lack:
    """Return an error in words.

    Args:
        what: What was to be read.
        error: A LabError, or boto3's.
    """
    if isinstance(error, LabError):
        return Lack(f"Could not {error.attempted}. {error.happened}", error.next_step, True)
    return Lack(f"Could not read {what}. AWS answered: {error}", "", True)
