"""Each student's result once, on disk as soon as it is known, with the former ones."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab_utils.grading.batch.book import Book, begin
from lab_utils.grading.batch.entries import Entry, ending
from lab_utils.grading.batch.errors import BatchError
from lab_utils.grading.batch.folder import ResultsFolder
from lab_utils.grading.batch.late import LatePolicy, read_policy
from lab_utils.grading.schemas import SchemaError, validate
from tests.unit.grading.batch.made import CHECKS, NEXT_RUN, RUN, entry, verdict

ORDER = {"speed": 60, "unsafe": False}


def book_of(
    out: Path, run: str = RUN, students: tuple[str, ...] = ("ada", "bob"), **policy: LatePolicy
) -> Book:
    chosen = policy.get("policy", LatePolicy())
    return Book(ResultsFolder(out), chosen, run, CHECKS, set(students))


def test_a_result_is_on_disk_as_soon_as_it_is_known(tmp_path: Path) -> None:
    book_of(tmp_path).record(entry())
    alone = json.loads((tmp_path / "results" / "ada.json").read_text())
    results = json.loads((tmp_path / "results.json").read_text())
    validate("results", results)
    assert results["submissions"] == [alone]
    assert (alone["points"], alone["earned"], alone["final"]) == (10, 10, 10.0)
    assert not list(tmp_path.rglob("*.new"))


def test_the_first_result_of_a_student_counts(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    assert book.record(entry(earned=(4, 0))) is not None
    assert book.record(entry(earned=(4, 6))) is None
    assert book.results()["submissions"][0]["earned"] == 4


def test_an_entry_is_read_as_it_was_written() -> None:
    one = entry(remarks=("Handed in twice.",))
    assert Entry.from_json(one.to_json(LatePolicy())) == one


def test_what_is_no_result_is_neither_written_nor_read(tmp_path: Path) -> None:
    broken = replace(entry(), verdict={**verdict(4, 6), "earned": "many"})
    with pytest.raises((SchemaError, TypeError, ValueError)):
        book_of(tmp_path).record(broken)
    assert not (tmp_path / "results").exists()
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "ada.json").write_text('{"student": "ada"')
    with pytest.raises(BatchError, match=r"ada\.json"):
        book_of(tmp_path)


def test_grading_again_keeps_the_former_results_as_history(tmp_path: Path) -> None:
    book_of(tmp_path).record(entry(earned=(4, 0)))
    again = book_of(tmp_path, NEXT_RUN)
    again.record(entry(earned=(4, 6), run=NEXT_RUN, graded_at=NEXT_RUN))
    (told,) = again.results()["submissions"]
    assert told["earned"] == 10
    (former,) = told["history"]
    assert (former["earned"], former["graded_at"]) == (4, RUN)
    assert former["checks"] == {"part1-thing": 4, "part2-hot": 0}
    third = "2026-11-30T12:00:00+00:00"
    last = book_of(tmp_path, third)
    last.record(entry(run=third, graded_at=third))
    assert [one["earned"] for one in last.results()["submissions"][0]["history"]] == [4, 10]


def test_former_results_stay_until_a_student_is_graded_again(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    book.record(entry("ada"))
    book.record(entry("bob", (0, 6)))
    again = book_of(tmp_path, NEXT_RUN)
    again.record(entry("ada", run=NEXT_RUN))
    assert [one["student"] for one in again.results()["submissions"]] == ["ada", "bob"]
    assert [one["student"] for one in again.graded()] == ["ada"]


def test_who_has_no_submission_any_more_is_left_out_and_named(tmp_path: Path) -> None:
    book_of(tmp_path).record(entry("bob"))
    again = book_of(tmp_path, NEXT_RUN, ("ada",))
    again.record(entry("ada", run=NEXT_RUN))
    assert again.gone == ["bob"]
    assert [one["student"] for one in again.results()["submissions"]] == ["ada"]


def test_a_stopped_batch_keeps_what_it_graded_of_the_same_bytes(tmp_path: Path) -> None:
    book_of(tmp_path).record(entry())
    resumed = book_of(tmp_path)
    kept = resumed.kept("ada", entry().sha256)
    assert kept == entry()
    assert resumed.kept("ada", "other") is None
    assert resumed.kept("bob", "") is None
    assert book_of(tmp_path, NEXT_RUN).kept("ada", entry().sha256) is None


@pytest.mark.parametrize("status", ["lost", "ungraded", "failed"])
def test_a_stopped_batch_tries_again_what_was_not_the_submissions_doing(
    tmp_path: Path, status: str
) -> None:
    book_of(tmp_path).record(entry(ending=ending(status, "the worker died")))
    assert book_of(tmp_path).kept("ada", entry().sha256) is None


def test_a_changed_late_policy_changes_the_marks_but_not_the_points(tmp_path: Path) -> None:
    book_of(tmp_path).record(entry())
    policy = read_policy(datetime(2026, 11, 27, 12, 0, tzinfo=UTC), "10%/day")
    resumed = book_of(tmp_path, policy=policy)
    kept = resumed.kept("ada", entry().sha256)
    assert kept is not None
    resumed.keep(kept)
    (told,) = resumed.results()["submissions"]
    assert (told["earned"], told["final"]) == (10, 9.0)
    assert told["late"] == {"days": 1, "percent": 10.0, "penalty": 1.0}
    assert told["history"] == []


def test_a_batch_goes_on_only_as_it_was_begun(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path)
    run = begin(folder, ORDER, is_resumed=False)
    assert begin(folder, ORDER, is_resumed=True) == run
    with pytest.raises(BatchError, match="another speed"):
        begin(folder, {**ORDER, "speed": 30}, is_resumed=True)
    assert begin(folder, {**ORDER, "speed": 30}, is_resumed=False) != run


def test_going_on_with_nothing_begins(tmp_path: Path) -> None:
    assert begin(ResultsFolder(tmp_path), ORDER, is_resumed=True)


def test_two_batches_do_not_write_into_one_folder(tmp_path: Path) -> None:
    first, second = ResultsFolder(tmp_path), ResultsFolder(tmp_path)
    with first.locked(), pytest.raises(BatchError, match="Another"), second.locked():
        pass
    with ResultsFolder(tmp_path).locked():
        pass


def test_a_folder_that_cannot_be_written_to_is_told_with_the_way_on(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(BatchError) as caught, ResultsFolder(tmp_path / "out").locked():
        pass
    assert "--resume" in caught.value.next_step


def test_a_full_disk_leaves_the_former_result_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    book_of(tmp_path).record(entry(earned=(4, 0)))
    before = (tmp_path / "results" / "ada.json").read_bytes()
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(BatchError, match="No space left"):
        book_of(tmp_path, NEXT_RUN).record(entry(run=NEXT_RUN))
    assert (tmp_path / "results" / "ada.json").read_bytes() == before
    assert not list(tmp_path.rglob("*.new"))


def test_every_schema_takes_what_is_written_and_nothing_else(tmp_path: Path) -> None:
    told = entry().to_json(LatePolicy())
    validate("entry", told)
    for spoiled in (
        {**told, "extra": 1},
        {**told, "final": -1},
        {**told, "ending": {"status": "fine", "seconds": 0, "reason": ""}},
        {**told, "submitted_at": "2026-11-28 12:00"},
        {key: told[key] for key in told if key != "sha256"},
    ):
        with pytest.raises(SchemaError):
            validate("entry", spoiled)
    book = book_of(tmp_path)
    book.record(entry())
    validate("results", book.results())
    with pytest.raises(SchemaError):
        validate("results", {**book.results(), "format": 2})
