"""The documented examples, and which tests show them.

An example says what was given and what AWS answers; it knows nothing of how we answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
AREAS = (
    "iot_sql",
    "substitution",
    "timestream_action",
    "dynamodbv2",
    "error_action",
    "logs",
    "iot_api",
    "timestream_write",
    "timestream_sql",
    "eventbridge",
    "lambda",
)
"""What the rules engine, Timestream, EventBridge's schedules and Lambda have to answer for."""


@dataclass(frozen=True)
class Example:
    """One documented example.

    Attributes:
        name: Its id; ``v`` is of the shared table, ``d`` of our own reading of the pages.
        area: What it is about.
        given: What the client does.
        expect: What it then sees.
    """

    name: str
    area: str
    given: dict[str, Any]
    expect: dict[str, Any]


def _read() -> list[Example]:
    found = []
    for file in ("aws_vectors.json", "documented_examples.json"):
        for entry in json.loads((DATA / file).read_text(encoding="utf-8")):
            if not entry.get("doc_conflict"):
                example = Example(entry["id"], entry["area"], entry["given"], entry["expect"])
                found.append(example)
    return found


ALL = tuple(_read())
NOT_RUN: dict[str, str] = json.loads((DATA / "vectors_not_run.json").read_text(encoding="utf-8"))
"""Why an example is not shown, or is known to fail, by its id."""
SHOWN: set[str] = set()
"""The examples that some test shows, listed ones included."""


def examples(area: str, *keys: str, without: Iterable[str] = ()) -> list[Example]:
    """Return an area's examples that give all of some keys and none of some others."""
    return [
        example
        for example in ALL
        if example.area == area
        and all(key in example.given for key in keys)
        and not any(key in example.given for key in without)
    ]


def named(name: str) -> Example:
    """Return one example."""
    return next(example for example in ALL if example.name == name)


def each(chosen: list[Example]) -> pytest.MarkDecorator:
    """Run a test with each example; one that is listed as failing must fail."""
    assert chosen, "no example is chosen"
    SHOWN.update(example.name for example in chosen)
    cases = [
        pytest.param(example, id=example.name, marks=_marks(example.name)) for example in chosen
    ]
    return pytest.mark.parametrize("example", cases)


def shows(*names: str) -> pytest.MarkDecorator:
    """Run a test that was written for one example, or for several that one story shows."""
    return each([named(name) for name in names])


def _marks(name: str) -> list[pytest.MarkDecorator]:
    if name not in NOT_RUN:
        return []
    return [pytest.mark.xfail(reason=NOT_RUN[name], strict=True)]
