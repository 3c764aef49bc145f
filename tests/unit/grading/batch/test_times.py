"""When something was handed in."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from lab_utils.grading.batch.errors import BatchError
from lab_utils.grading.batch.times import Clock, read_due, read_moment, read_times, read_zone

NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-28 12:00:00.000000 UTC",
        "2026-11-28T12:00Z",
        "2026-11-28T13:00+01:00",
        "2026-11-28T13:00:00+0100",
        "2026-11-28 13:00:00 Europe/Paris",
        "2026-11-28T04:00:00 America/Los_Angeles\n",
    ],
)
def test_a_moment_is_read_with_its_zone(text: str) -> None:
    assert read_moment(text, ZoneInfo("Asia/Tokyo")) == NOON


def test_a_moment_without_a_zone_is_taken_in_the_courses() -> None:
    assert read_moment("2026-11-28 13:00", ZoneInfo("Europe/Paris")) == NOON


def test_a_moment_without_any_zone_is_this_machines() -> None:
    local = NOON.astimezone().replace(tzinfo=None)
    assert read_moment(local.isoformat()) == NOON


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01 10:00", "2026-11-28 10:00 EST", "2026-11-28 25:00 UTC"]
)
def test_what_is_no_moment_or_stands_for_several_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_moment(text)


def test_a_zone_that_is_none_is_refused_with_an_example() -> None:
    with pytest.raises(BatchError) as caught:
        read_zone("Mars/Base")
    assert "Europe/Paris" in caught.value.next_step
    with pytest.raises(BatchError):
        read_due("tomorrow", None)


def test_nbgraders_file_tells_the_time(tmp_path: Path) -> None:
    student = tmp_path / "ada" / "practical"
    student.mkdir(parents=True)
    (student / "timestamp.txt").write_text("2026-11-28 12:00:00.123 UTC\n")
    handed = Clock().of("ada", [student])
    assert (handed.at, handed.source) == (NOON.replace(microsecond=123000), "timestamp.txt")
    assert Clock().of("ada", [student.parent]).at == handed.at


def test_the_instructors_table_goes_first(tmp_path: Path) -> None:
    table = tmp_path / "times.csv"
    table.write_text("\ufeffStudent,Submitted_At\r\nada,2026-11-28T13:00+01:00\r\n", "utf-8")
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / "timestamp.txt").write_text("2020-01-01 00:00:00 UTC")
    handed = Clock(read_times(table, None)).of("ada", [folder])
    assert (handed.at, handed.source, handed.remarks) == (NOON, "times file", ())


def test_else_the_newest_file_tells_it_with_a_remark(tmp_path: Path) -> None:
    for name, hour in (("old.tf", 10), ("new.tf", 12)):
        file = tmp_path / name
        file.touch()
        seconds = NOON.replace(hour=hour).timestamp()
        os.utime(file, (seconds, seconds))
    (tmp_path / "link").symlink_to("/etc/passwd")
    handed = Clock().of("ada", [tmp_path])
    assert (handed.at, handed.source) == (NOON, "file time")
    assert "newest file" in handed.remarks[0]


def test_a_timestamp_that_is_no_time_or_a_link_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "timestamp.txt").write_text("\x1b[2Jsoon")
    handed = Clock().of("ada", [tmp_path])
    assert handed.source == "file time"
    assert "holds no time" in handed.remarks[0]
    assert "\x1b" not in handed.remarks[0]
    (tmp_path / "timestamp.txt").unlink()
    (tmp_path / "timestamp.txt").symlink_to("/etc/hostname")
    assert "holds no time" not in "".join(Clock().of("ada", [tmp_path]).remarks)


def test_nothing_tells_the_time_of_an_empty_folder(tmp_path: Path) -> None:
    assert Clock().of("ada", [tmp_path]).at is None


@pytest.mark.parametrize(
    "text", ["", "who,when\nada,2026-11-28T13:00Z\n", "student,time\nada,soon\n"]
)
def test_a_table_that_is_none_is_refused_with_its_form(tmp_path: Path, text: str) -> None:
    (tmp_path / "times.csv").write_text(text)
    with pytest.raises(BatchError) as caught:
        read_times(tmp_path / "times.csv", None)
    assert "student,submitted_at" in caught.value.next_step


def test_a_table_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match=r"none\.csv"):
        read_times(tmp_path / "none.csv", None)
