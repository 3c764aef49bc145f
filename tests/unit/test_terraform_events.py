"""Terraform's events as lines for a reader."""

from __future__ import annotations

from typing import Any

import pytest

from lab_utils.terraform_events import Outcome, follow, planned_lines

CHANGED = "was changed outside of Terraform and"


def change(kind: str, address: str, action: str) -> dict[str, Any]:
    return {"type": kind, "change": {"resource": {"addr": address}, "action": action}}


def planned(*events: dict[str, Any]) -> list[str]:
    outcome: Outcome = follow(events, lambda _line: None)
    return planned_lines(outcome)


@pytest.mark.parametrize(
    ("drift", "action", "words"),
    [
        ("update", "update", f"{CHANGED} will be changed to what the files say"),
        ("update", "replace", f"{CHANGED} will be replaced"),
        ("delete", "create", "was deleted outside of Terraform and will be created again"),
    ],
)
def test_drift_and_what_follows_from_it_are_one_line(drift: str, action: str, words: str) -> None:
    lines = planned(change("resource_drift", "a.b", drift), change("planned_change", "a.b", action))
    assert lines == [f"  a.b {words}"]


def test_drift_that_leads_to_no_change_is_not_told() -> None:
    assert planned(change("resource_drift", "a.b", "update")) == []


def test_changes_without_drift_are_sorted_by_address() -> None:
    lines = planned(
        change("planned_change", "b.b", "update"), change("planned_change", "a.a", "create")
    )
    assert lines == ["  a.a will be created", "  b.b will be changed in place"]
