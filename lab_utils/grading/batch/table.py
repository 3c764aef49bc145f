"""``grades.csv``: a row a student, for a spreadsheet and for the import of an LMS."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from lab_utils.grading.batch.shown import safe_cell

_FIRST = ("student", "points", "late days", "penalty", "final")
_LAST = "remark"
_ENDINGS = {
    "done": "",
    "late": "The limit of time was reached.",
    "over": "A limit was reached.",
    "failed": "NOT GRADED to the end: the grader itself failed.",
    "unreadable": "The submission cannot be read.",
    "lost": "Grading was given up.",
    "ungraded": "NOT GRADED: the grader itself failed.",
}


def grades_csv(results: Mapping[str, Any]) -> bytes:
    """Return the table: student, points, late days, penalty, final, each check, remark.

    It is UTF-8 with a byte order mark: without one, Excel takes the names for another encoding and
    spoils them for good when it saves; the imports of Moodle, Canvas and Blackboard, and pandas,
    take the mark for what it is. Lines end as RFC 4180 says. No cell begins like a formula.

    Args:
        results: As ``results.schema.json`` says.
    """
    checks = [check["id"] for check in results["checks"]]
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow([*_FIRST, *(safe_cell(name) for name in checks), _LAST])
    for entry in results["submissions"]:
        rows.writerow(_row(entry, checks))
    return text.getvalue().encode("utf-8-sig")


def _row(entry: Mapping[str, Any], checks: list[str]) -> list[str | float]:
    earned = {check["id"]: check["earned"] for check in entry["verdict"]["checks"]}
    late = entry["late"]
    first = (entry["earned"], late["days"], _number(late["penalty"]), _number(entry["final"]))
    points = [earned.get(name, "") for name in checks]
    return [safe_cell(entry["student"]), *first, *points, safe_cell(_remark(entry))]


def _remark(entry: Mapping[str, Any]) -> str:
    """Return why it is not as it might be expected, in sentences."""
    ending = entry["ending"]
    said = [_ENDINGS[ending["status"]], ending["reason"], *entry["remarks"]]
    return " ".join(part for part in said if part)


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else value
