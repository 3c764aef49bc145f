"""How part 6's checks read a student's result: columns by type and content, and the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lab_utils.checks import part6_columns as columns
from lab_utils.checks.base import CheckContext
from lab_utils.checks.part6_files import READINGS, read_file, read_window
from lab_utils.errors import CheckError, LabError, QueryError

MINUTE = pd.Timestamp("2026-11-28 10:00", tz="UTC")
WINDOW = (MINUTE, MINUTE + pd.Timedelta(minutes=15))


def no_client(service: str) -> Any:
    raise AssertionError(service)


def context(workspace: Path | None) -> CheckContext:
    return CheckContext(client=no_client, outputs={}, device=no_client, workspace=workspace)


def write(workspace: Path, sql: str) -> None:
    (workspace / "dashboard").mkdir()
    (workspace / READINGS).write_text(sql)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "2"], [1, 2]),
        (["temp_1", "zone 2", " 3 "], [1, 2, 3]),
        (["kitchen", "bathroom"], [2, 4]),
        (["30.12", "zone_id", None], [None, None, None]),
        ([1.0, 30.1], [1, None]),
    ],
)
def test_a_label_is_the_whole_number_at_its_end(values: list[Any], expected: list[Any]) -> None:
    found = columns.ids(pd.Series(values).convert_dtypes())
    assert [None if pd.isna(one) else one for one in found] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (False, False),
        ("ON", True),
        ("AC off", False),
        (1, True),
        (0.0, False),
        (pd.NA, None),
        ("stay", None),
    ],
)
def test_a_decision_is_a_truth_value_a_word_or_a_number(value: object, expected: object) -> None:
    assert columns.decision(value) is expected


def test_minute_and_zone_are_found_whatever_their_names_and_places() -> None:
    result = pd.DataFrame(
        {
            "time": [2, 1],
            "zone_id": [1.0, 2.0],
            "mean": [MINUTE + pd.Timedelta(seconds=9)] * 2,
            "x": [WINDOW[1]] * 2,
        }
    )
    found = columns.find_minute_and_zone(columns.numbered(result), [(MINUTE, 1), (MINUTE, 2)])
    assert found == (2, 0)
    assert columns.find_minute_and_zone(columns.numbered(result), [(WINDOW[0], 7)]) is None


def test_a_statement_gets_the_window_and_the_values_of_the_check(tmp_path: Path) -> None:
    write(tmp_path, "SELECT 1 WHERE time > {begin} AND 1 < {limit} -- {end}")
    question = read_window(context(tmp_path), READINGS, WINDOW, {"limit": 2.5})
    assert "time > timestamp '2026-11-28 10:00:00.000000000' AND 1 < 2.5" in question.sql
    assert question.begin == MINUTE


def test_a_statement_that_looks_back_from_now_has_no_beginning(tmp_path: Path) -> None:
    write(tmp_path, "SELECT 1 WHERE time > ago(15m)")
    assert read_window(context(tmp_path), READINGS, WINDOW).begin is None


@pytest.mark.parametrize(
    ("sql", "seen"),
    [
        ("SELECT 1", "says nothing about when"),
        ("SELECT 1 -- ago(15m)", "says nothing about when"),
        ("SELECT 1 WHERE time > {started}", "{started}, a variable of a notebook"),
        ("SELECT 1 WHERE time > timestamp '{begin}'", "'{begin}' in quotes is a text"),
        ("SELECT '{begin} x'", "says nothing about when"),
    ],
)
def test_a_statement_without_a_window_is_refused(tmp_path: Path, sql: str, seen: str) -> None:
    write(tmp_path, sql)
    with pytest.raises(LabError) as caught:
        read_window(context(tmp_path), READINGS, WINDOW)
    assert seen in caught.value.happened


def test_screenshots_are_named_where_a_statement_is_missing_and_given_pictures_are_not(
    tmp_path: Path,
) -> None:
    for name in ("doc/img_10.png", "doc/img3.png", ".git/a.png", "runs/b.png", "notes.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(CheckError) as caught:
        read_file(context(tmp_path), READINGS)
    assert caught.value.happened == f"there is no file {READINGS} in the workspace"
    for number in range(8):
        (tmp_path / "doc" / f"screen {number}.PNG").write_bytes(b"x")
    with pytest.raises(CheckError) as caught:
        read_file(context(tmp_path), READINGS)
    assert "doc/screen 0.PNG, doc/screen 1.PNG" in caught.value.happened
    assert "screen 7" not in caught.value.happened


def test_a_file_that_is_no_question_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "DROP TABLE a")
    with pytest.raises(QueryError, match="begins with 'DROP'"):
        read_file(context(tmp_path), READINGS)
