"""What Terraform prints, read as data of unknown origin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab_utils.grading.configuration.engine import Complaint, Run, _take
from tests.unit.grading.configuration.folders import place_of


def test_errors_come_with_file_line_and_words(tmp_path: Path) -> None:
    diagnostic = {
        "severity": "error",
        "summary": "creating Thing: https response error StatusCode: 400, RequestID: 1-a, No",
        "detail": "Because\n of\u001b[31m that.",
        "address": "aws_iot_thing.a",
        "range": {"filename": "iot.tf", "start": {"line": 3}},
    }
    told = Run()
    for severity in ("error", "warning"):
        line = {"type": "diagnostic", "diagnostic": {**diagnostic, "severity": severity}}
        _take(told, json.dumps(line), place_of(tmp_path))
    [complaint] = told.complaints
    assert (complaint.file, complaint.line, complaint.address) == ("iot.tf", 3, "aws_iot_thing.a")
    assert complaint.words == "creating Thing: No: Because of that."
    assert len(Complaint("x" * 5000).words) < 1000


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "{",
        '{"type": "diagnostic"}',
        '{"type": "diagnostic", "diagnostic": {"severity": "error", "summary": 3, "range": []}}',
        '{"type": ["apply_complete"], "hook": 1}',
        '{"type": "apply_complete", "hook": {"action": ["create"], "resource": "x"}}',
        '{"type": "planned_change", "change": {"resource": {"addr": []}}}',
        "[" * 100_000,
    ],
)
def test_no_line_that_a_program_slips_in_breaks_the_reading(tmp_path: Path, line: str) -> None:
    told = Run()
    _take(told, line, place_of(tmp_path))
    assert told.changed == set()
