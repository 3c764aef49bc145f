"""The order in which the files of the suite begin, when several processes share them."""

from __future__ import annotations

from pathlib import Path

import pytest

_ROOT = Path(__file__).parent
_FIRST = (
    "integration/test_grade_twenty.py",
    "integration/test_grade.py",
    "integration/test_gitlab_ci.py",
    "notebooks/test_release.py",
    "integration/test_readme.py",
    "integration/test_verify.py",
    "integration/test_checks_part_6.py",
    "integration/test_checks_part_5.py",
    "integration/test_checks_parts_1_and_2.py",
    "integration/test_checks_part_3.py",
    "integration/test_checks_part_4.py",
    "integration/test_grading_apply.py",
    "browser/test_jupyterlab.py",
    "browser/test_dashboard.py",
    "browser/test_dashboard_outages.py",
    "integration/test_functions.py",
    "integration/test_checks_part_7.py",
    "integration/test_teardown.py",
    "integration/test_schedules.py",
    "integration/test_house.py",
    "integration/test_functions_environments.py",
    "integration/test_functions_errors.py",
    "integration/test_loop_speeds.py",
    "integration/test_bench.py",
    "integration/test_lab_command.py",
    "integration/test_from_a_shell.py",
)
"""The files that take longest, the longest first: one that began last would run alone at the end,
while the other processes have nothing to do. ``--no-loadscope-reorder`` keeps to this order."""
_PLACES = {str(_ROOT / name): place for place, name in enumerate(_FIRST)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the files that take longest begin first; within a file nothing changes."""
    items.sort(key=lambda item: _PLACES.get(str(item.path), len(_FIRST)))
