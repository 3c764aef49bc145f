"""Queries and what becomes of them, as plain pairs in ``fixtures/``."""

from __future__ import annotations

import json

import pytest

from lab_utils.local_aws.timestream.errors import TimestreamError
from lab_utils.local_aws.timestream.query.plan_cache import PlanCache
from lab_utils.local_aws.timestream.query.session import NOW_MARK
from tests.unit.local_aws.timestream.conftest import PLACE
from tests.unit.local_aws.timestream.query.conftest import (
    Queries,
    names_and_types,
    pairs,
    values,
)


@pytest.mark.parametrize(("query", "expected"), pairs("answers.sql"))
def test_a_query_has_its_columns_and_rows(house: Queries, query: str, expected: str) -> None:
    answer = house.ask(query)
    columns, *rows = (json.loads(line) for line in expected.split("\n"))
    assert names_and_types(answer) == columns
    assert values(answer) == rows


@pytest.mark.parametrize(("query", "expected"), pairs("refusals.sql"))
def test_a_query_is_refused_by_name_and_position(house: Queries, query: str, expected: str) -> None:
    with pytest.raises(TimestreamError) as caught:
        house.ask(query)
    assert (caught.value.code, caught.value.message) == ("ValidationException", expected)


@pytest.mark.parametrize(("query", "expected"), pairs("translations.sql"))
def test_a_query_becomes_this_for_duckdb(house: Queries, query: str, expected: str) -> None:
    plan = PlanCache(house.bench.backend.catalog).make(PLACE, query)
    assert plan.inner_sql.replace(NOW_MARK, "<now>") == expected


def test_an_unpaired_entry_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pathlib.Path.read_text", lambda *_, **__: "SELECT 1\n\n1\n\nSELECT 2")
    with pytest.raises(ValueError, match="SELECT 2"):
        pairs("some.sql")
