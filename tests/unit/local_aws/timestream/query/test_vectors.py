"""AWS's own examples, through the service; ``tests/integration/vectors`` asks them over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab_utils.local_aws.timestream.errors import TimestreamError
from tests.unit.local_aws.timestream.query.conftest import Queries, names_and_types, values

DATA = Path(__file__).parents[4] / "data" / "aws_vectors.json"
NEEDS_MORE = {"rows", "records", "row_size_bytes", "MaxRows", "NextToken"}
VECTORS = [
    vector
    for vector in json.loads(DATA.read_text(encoding="utf-8"))
    if vector["area"] == "timestream_sql"
    and not vector.get("doc_conflict")
    and not NEEDS_MORE & set(vector["given"])
    and not any(part in vector["given"]["query"] for part in ("grafana", "(syntax error)"))
]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["id"]))
def test_an_example_has_its_documented_answer(house: Queries, vector: dict[str, Any]) -> None:
    query, expect = vector["given"]["query"], vector["expect"]
    if expect.get("error"):
        with pytest.raises(TimestreamError) as caught:
            house.ask(query)
        assert expect.get("message", caught.value.message) == caught.value.message
        return
    answer = house.ask(query)
    for (_, kind), column in zip(names_and_types(answer), expect["columns"], strict=False):
        wanted = column.get("type", kind)
        assert kind == wanted or f"{wanted.split('(')[0].title()}ColumnInfo" in kind
    if expect.get("compare") == "numeric":
        assert float(values(answer)[0][0]) == pytest.approx(float(expect["rows"][0][0]))
    elif "rows" in expect:
        assert values(answer) == expect["rows"]


def test_most_examples_are_tried_here() -> None:
    assert len(VECTORS) > 90
