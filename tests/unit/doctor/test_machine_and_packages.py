"""What the doctor says of Python, the packages, the disk, the folder and the clock."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab_utils.doctor.machine import (
    examine_clock,
    examine_disk,
    examine_path,
    examine_python,
    examine_writing,
)
from lab_utils.doctor.packages import examine_packages

MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("version", "status"), [((3, 10, 14), "missing"), ((3, 11, 0), "ok"), ((4, 0, 0), "ok")]
)
def test_a_python_that_is_too_old_is_missing(version: tuple[int, ...], status: str) -> None:
    assert examine_python(version).status == status


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.lock"
    lines = ["# a comment", "numpy==2.0", "    # via x", "winonly==1 ; sys_platform == 'plan9'"]
    path.write_text("\n".join([*lines, "duckdb==2.0.1"]))
    return path


def test_packages_as_pinned_are_well_and_markers_are_kept(lock: Path) -> None:
    there = {"numpy": "2.0", "duckdb": "2.0.1"}
    symptom = examine_packages(lock, lambda name: there.get(name))
    assert (symptom.status, symptom.seen) == ("ok", "2 as requirements.lock pins them")


def test_a_package_that_is_not_installed_is_missing(lock: Path) -> None:
    symptom = examine_packages(lock, {"numpy": "2.0"}.get)
    assert symptom.status == "missing"
    assert "duckdb 2.0.1" in symptom.seen
    assert "requirements.lock" in symptom.fix


def test_a_package_of_another_version_is_noted(lock: Path) -> None:
    symptom = examine_packages(lock, {"numpy": "2.1", "duckdb": "2.0.1"}.get)
    assert symptom.status == "note"
    assert "numpy 2.1 instead of 2.0" in symptom.seen


def test_many_missing_packages_are_counted_and_not_all_named(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("\n".join(f"p{number}==1" for number in range(8)))
    assert examine_packages(lock, lambda _name: None).seen.endswith("p4 1 and 3 more")


def test_without_a_lock_nothing_is_compared(tmp_path: Path) -> None:
    assert examine_packages(tmp_path / "requirements.lock").status == "note"


@pytest.mark.parametrize(("free_mb", "status"), [(100, "missing"), (900, "note"), (9000, "ok")])
def test_a_full_disk_is_missing_space(tmp_path: Path, free_mb: int, status: str) -> None:
    assert examine_disk(tmp_path / "not" / "yet", free_mb * MEGABYTE).status == status


def test_the_disk_itself_is_asked(tmp_path: Path) -> None:
    assert "free" in examine_disk(tmp_path).seen


def test_a_folder_that_cannot_be_written_to_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert examine_writing(tmp_path / "new").status == "ok"

    def refuse(**_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("lab_utils.doctor.machine.tempfile.TemporaryFile", refuse)
    symptom = examine_writing(tmp_path)
    assert symptom.status == "missing"
    assert "Permission denied" in symptom.seen


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/home/me/OneDrive - School/lab", "onedrive"),
        ("/home/me/my lab", "blank"),
        ("/home/zoë/lab", "ASCII"),
        ("/home/" + "x" * 100, "characters"),
        ("/mnt/c/lab", "Windows disk"),
    ],
)
def test_a_path_that_tools_stumble_over_is_noted(path: str, word: str) -> None:
    symptom = examine_path(Path(path))
    assert symptom.status == "note"
    assert word in symptom.seen


def test_a_plain_path_is_well() -> None:
    assert examine_path(Path("/home/me/lab")).status == "ok"


def test_a_clock_before_the_labs_own_files_is_missing(tmp_path: Path) -> None:
    newest = tmp_path / "requirements.lock"
    newest.touch()
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    os.utime(newest, (moment.timestamp(), moment.timestamp()))
    assert examine_clock(newest, moment - timedelta(days=1)).status == "missing"
    assert examine_clock(newest, moment + timedelta(days=1)).status == "ok"
