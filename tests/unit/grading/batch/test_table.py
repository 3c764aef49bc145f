"""The table for a spreadsheet and for an LMS."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lab_utils.grading.batch.book import Book
from lab_utils.grading.batch.entries import Entry, ending
from lab_utils.grading.batch.folder import ResultsFolder
from lab_utils.grading.batch.late import read_policy
from lab_utils.grading.batch.shown import printable, safe_cell
from lab_utils.grading.batch.table import grades_csv
from tests.unit.grading.batch.made import CHECKS, RUN, entry


def table_of(out: Path, *entries: Entry) -> bytes:
    policy = read_policy(datetime(2026, 11, 27, 18, 0, tzinfo=UTC), "15%/day")
    book = Book(ResultsFolder(out), policy, RUN, CHECKS, {one.student for one in entries})
    for one in entries:
        book.record(one)
    return grades_csv(book.results())


def rows_of(content: bytes) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_each_student_has_a_row_with_a_column_a_check(tmp_path: Path) -> None:
    (ada, bob) = rows_of(table_of(tmp_path, entry("bob", (4, 0)), entry("ada", (4, 6))))
    assert list(ada) == [
        *("student", "points", "late days", "penalty", "final"),
        *("part1-thing", "part2-hot", "remark"),
    ]
    assert [ada[key] for key in ("student", "points", "late days", "penalty", "final")] == [
        *("ada", "10", "1", "1.5", "8.5")
    ]
    assert (bob["part1-thing"], bob["part2-hot"]) == ("4", "0")


def test_the_remark_says_why_a_row_is_not_as_it_might_be_expected(tmp_path: Path) -> None:
    lost = entry("bob", (0, 0), ending=ending("unreadable", "The zip is damaged."))
    twice = entry("ada", remarks=("Handed in 2 times.",))
    remarks = [row["remark"] for row in rows_of(table_of(tmp_path, lost, twice))]
    assert remarks == [
        "Handed in 2 times.",
        "The submission cannot be read. The zip is damaged.",
    ]


def test_the_bytes_are_what_spreadsheets_and_pandas_take(tmp_path: Path) -> None:
    content = table_of(tmp_path, entry("Zoé Müller"))
    assert content.startswith(b"\xef\xbb\xbfstudent,")
    assert content.count(b"\r\n") == content.count(b"\n") == 2
    assert list(pd.read_csv(io.BytesIO(content))["student"]) == ["Zoé Müller"]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", " =", " +", " @"])
def test_no_cell_begins_like_a_formula(tmp_path: Path, first: str) -> None:
    (row,) = rows_of(table_of(tmp_path, entry(f"{first}cmd|' /C calc'!A0")))
    assert row["student"].startswith("'")
    assert safe_cell("ada") == "ada"


def test_text_of_a_student_gives_the_terminal_no_orders() -> None:
    assert printable("a\x1b[2J\x07b\nc\u202ed\udcff") == "a�[2J�b c�d�"
    assert printable("x" * 500, 10) == "x" * 9 + "…"
    assert printable("क्\u200dष") == "क्\u200dष"
