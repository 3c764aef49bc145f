"""When a submission was handed in: by nbgrader's file, a table of times, or its own files."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lab_utils.grading.batch.errors import BatchError
from lab_utils.grading.batch.shown import printable

TIMESTAMP_FILE = "timestamp.txt"
"""What nbgrader writes beside a submission, in the student's folder of one assignment."""
_MOMENT = re.compile(
    r"(\d{4}-\d{1,2}-\d{1,2})[T ](\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)"
    r"\s*(Z|[+-]\d{2}:?\d{2}|[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+)*)?"
)
_STUDENT_COLUMNS = ("student", "student_id", "username", "login", "name")
_TIME_COLUMNS = ("submitted_at", "timestamp", "time", "submitted", "date")
_MOST_BYTES = 4096


@dataclass(frozen=True)
class Handed:
    """When something was handed in.

    Attributes:
        at: In UTC; None where nothing tells.
        source: What tells it: ``timestamp.txt``, ``times file`` or ``file time``.
        remarks: What to know about it, in sentences.
    """

    at: datetime | None = None
    source: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Clock:
    """Where the times of submissions come from.

    Attributes:
        times: Of the table that the instructor gave, by student, in UTC.
        zone: Of times that name none; None for this machine's.
    """

    times: Mapping[str, datetime] = field(default_factory=dict)
    zone: tzinfo | None = None

    def of(self, student: str, paths: Sequence[Path]) -> Handed:
        """Return when a submission was handed in.

        Args:
            student: As the submissions name them.
            paths: The submission's folder, or its files.
        """
        if student in self.times:
            return Handed(self.times[student], "times file")
        remark = ""
        for told in (one for path in paths for one in _timestamps(path)):
            try:
                return Handed(read_moment(told, self.zone), TIMESTAMP_FILE)
            except ValueError:
                remark = f"{TIMESTAMP_FILE} holds no time: {printable(told, 60)!r}. "
        newest = _newest_file(paths)
        if newest is None:
            return Handed(remarks=(f"{remark}Nothing tells when it was handed in.",))
        why = f"{remark}The time of handing in is that of the newest file, which may be a copy's."
        return Handed(newest, "file time", (why,))


def read_moment(text: str, zone: tzinfo | None = None) -> datetime:
    """Return a moment in UTC.

    Args:
        text: Such as ``2026-11-28 23:59:00.123 UTC``, ``2026-11-28T23:59+01:00`` or
            ``2026-11-28T23:59 Europe/Paris``.
        zone: Taken where the text names none; None for this machine's.

    Raises:
        ValueError: It is no moment, or its zone is not known or stands for several.
    """
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{printable(text, 60)!r} is no date with a time")
    day = "-".join(part.zfill(2) for part in found[1].split("-"))
    plain = datetime.fromisoformat(f"{day}T{found[2].zfill(5)}")
    if found[3]:
        return plain.replace(tzinfo=_zone_of(found[3])).astimezone(UTC)
    # A datetime without a zone is taken for this machine's local time.
    return (plain.replace(tzinfo=zone) if zone else plain).astimezone(UTC)


def read_zone(name: str | None) -> tzinfo | None:
    """Return the zone of a name such as ``Europe/Paris``, or None for this machine's.

    Raises:
        BatchError: There is no such zone.
    """
    try:
        return _zone_of(name) if name else None
    except ValueError as error:
        hint = "name one as `Europe/Paris`, `UTC` or `+01:00`."
        raise BatchError("read --time-zone", str(error), hint) from error


def read_due(text: str | None, zone: tzinfo | None) -> datetime | None:
    """Return when submissions are due, in UTC.

    Raises:
        BatchError: It is no moment.
    """
    try:
        return read_moment(text, zone) if text else None
    except ValueError as error:
        hint = 'write it as 2026-11-28T23:59+01:00 or "2026-11-28T23:59 Europe/Paris".'
        raise BatchError("read --due", str(error), hint) from error


def read_times(path: Path, zone: tzinfo | None) -> dict[str, datetime]:
    """Return the times of a CSV file by student, in UTC.

    Args:
        path: Its first line names the columns: ``student`` and ``submitted_at``.
        zone: Of times that name none; None for this machine's.

    Raises:
        BatchError: It cannot be read, or a line of it is no student with a time.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            student, time = _columns(rows.fieldnames or ())
            return {
                row[student].strip(): read_moment(row[time] or "", zone)
                for row in rows
                if row[student]
            }
    except (OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        hint = "its first line has to be `student,submitted_at`, each other one such as\n"
        hint += "ada,2026-11-28T23:59+01:00"
        raise BatchError(f"read the times in {path}", f"{error}", hint) from error


def _columns(names: Sequence[str]) -> tuple[str, str]:
    given = {name.strip().lower(): name for name in names}
    for wanted in (_STUDENT_COLUMNS, _TIME_COLUMNS):
        if not set(wanted) & set(given):
            raise ValueError(f"no column is called {wanted[0]}")
    student = next(given[name] for name in _STUDENT_COLUMNS if name in given)
    return student, next(given[name] for name in _TIME_COLUMNS if name in given)


def _zone_of(name: str) -> tzinfo:
    if name in {"Z", "UTC", "GMT"}:
        return UTC
    if name[0] in "+-":
        zone = datetime.fromisoformat(f"2000-01-01T00:00{name}").tzinfo
        return zone or UTC
    try:
        if "/" in name:  # an abbreviation such as EST or IST stands for several
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise ValueError(f"{printable(name, 40)!r} is no time zone, or stands for several")


def _timestamps(path: Path) -> Iterator[str]:
    """Yield what nbgrader's file says, from the submission itself and the folders above it.

    nbgrader lays a submission in ``submitted/STUDENT/ASSIGNMENT/`` and the file within it.
    """
    if not path.is_dir() or path.is_symlink():
        return
    found = [path / TIMESTAMP_FILE, *sorted(path.glob(f"*/{TIMESTAMP_FILE}"))]
    for file in found:
        if file.is_file() and not file.is_symlink() and not file.parent.is_symlink():
            with file.open("rb") as opened:
                yield opened.read(_MOST_BYTES).decode("utf-8", "replace").strip()


def _newest_file(paths: Sequence[Path]) -> datetime | None:
    """Return the time of the newest file, in UTC; links are not followed."""
    files = [file for path in paths for file in ([path] if path.is_file() else _files_below(path))]
    times = [file.lstat().st_mtime for file in files]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def _files_below(path: Path) -> list[Path]:
    files = (Path(folder, name) for folder, _, names in os.walk(path) for name in names)
    return [file for file in files if not file.is_symlink()]
