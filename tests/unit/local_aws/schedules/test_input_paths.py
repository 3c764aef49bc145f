from __future__ import annotations

from typing import Any

import pytest

from lab_utils.local_aws.schedules.input_paths import value_at

EVENT = {"time": "12:00", "resources": ["arn:1", "arn:2"], "detail": {"rooms": [{"c": 20.5}]}}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", EVENT),
        ("$.time", "12:00"),
        ("$.resources[1]", "arn:2"),
        ("$.detail.rooms[0].c", 20.5),
    ],
)
def test_a_path_leads_to_its_value(path: str, value: Any) -> None:
    assert value_at(EVENT, path) == value


@pytest.mark.parametrize(
    "path", ["", "time", "$.nothing", "$.resources[2]", "$.time[0]", "$.detail..c", "$.resources.0"]
)
def test_a_path_that_leads_nowhere_is_told(path: str) -> None:
    with pytest.raises(LookupError):
        value_at(EVENT, path)
