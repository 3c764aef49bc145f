"""NextToken and MaxRows, as the API documents them."""

from __future__ import annotations

import json

import pytest

from lab_utils.local_aws.timestream.errors import (
    ConflictException,
    QueryExecutionException,
    ValidationException,
)
from lab_utils.local_aws.timestream.query.plans import Plan
from lab_utils.local_aws.timestream.query.results import MOST_USES, PAGE_BYTES, Result
from lab_utils.local_aws.timestream.query.retained import MOST_RESULTS, TOKEN_LIFE_S, Results
from tests.unit.local_aws.timestream.query.conftest import Queries, Signer, values

ALL = "SELECT time FROM house.readings ORDER BY time"
# 48 000 rows of some 100 bytes: several pages.
MANY = (
    "SELECT a.x, 'ž' || rpad('', 50, 'x') FROM UNNEST(sequence(1, 8000)) AS a(x)"
    " CROSS JOIN house.readings"
)


def test_a_result_that_fits_comes_at_once(house: Queries) -> None:
    answer = house.ask(ALL, MaxRows=6)
    assert len(answer["Rows"]) == 6
    assert "NextToken" not in answer
    assert answer["QueryStatus"]["ProgressPercentage"] == 100.0


def test_a_result_of_more_than_max_rows_begins_with_an_empty_page(house: Queries) -> None:
    first = house.ask(ALL, MaxRows=4)
    assert (first["Rows"], first["QueryStatus"]["ProgressPercentage"]) == ([], 0.0)
    assert first["ColumnInfo"]
    second = house.ask(ALL, NextToken=first["NextToken"], MaxRows=4)
    third = house.ask(ALL, NextToken=second["NextToken"], MaxRows=4)
    assert [len(page["Rows"]) for page in (second, third)] == [4, 2]
    assert "NextToken" not in third
    assert values(second) + values(third) == house.rows(ALL)


def test_a_page_holds_no_more_than_a_megabyte(house: Queries) -> None:
    answer = house.ask(MANY)
    rows = values(answer)
    while "NextToken" in answer:
        size = len(json.dumps(answer["Rows"], separators=(",", ":"), ensure_ascii=False).encode())
        assert PAGE_BYTES * 0.9 < size <= PAGE_BYTES * 1.01
        answer = house.ask(MANY, NextToken=answer["NextToken"])
        rows += values(answer)
    assert len(rows) == 48_000
    assert len({row[0] for row in rows}) == 8000


def test_a_token_gives_the_same_page_five_times(house: Queries) -> None:
    token = house.ask(ALL, MaxRows=2)["NextToken"]
    pages = [house.ask(ALL, NextToken=token, MaxRows=2) for _ in range(MOST_USES)]
    assert all(page == pages[0] for page in pages)
    with pytest.raises(ValidationException, match=r"^Invalid pagination token$"):
        house.ask(ALL, NextToken=token)


def test_using_the_next_token_ends_the_one_before(house: Queries) -> None:
    first = house.ask(ALL, MaxRows=2)["NextToken"]
    second = house.ask(ALL, NextToken=first, MaxRows=2)["NextToken"]
    house.ask(ALL, NextToken=second)
    with pytest.raises(ValidationException, match="Invalid pagination token"):
        house.ask(ALL, NextToken=first)


def test_a_token_is_bound_to_its_query_and_its_principal(house: Queries) -> None:
    token = house.ask(ALL, MaxRows=2)["NextToken"]
    for text, signer in ((f"{ALL} ", None), (ALL, Signer(arn="arn:aws:iam::1:user/other"))):
        with pytest.raises(ValidationException, match="Invalid pagination token"):
            house.ask(text, signer, NextToken=token)
    with pytest.raises(ValidationException, match="Invalid pagination token"):
        house.ask(ALL, NextToken="ABC")
    assert len(house.ask(ALL, NextToken=token)["Rows"]) == 6


def test_a_row_of_more_than_a_page_is_refused(house: Queries) -> None:
    cells = ", ".join("rpad('', 10000, 'x')" for _ in range(110))
    with pytest.raises(QueryExecutionException) as caught:
        house.ask(f"SELECT {cells}")
    assert caught.value.message == (
        "Query aborted as max page response size has been exceeded by the output result row"
    )


def test_a_cancelled_query_gives_no_more_pages(house: Queries) -> None:
    answer = house.ask(MANY)
    request = {"QueryId": answer["QueryId"]}
    assert house.run(house.service.cancel(house.signer, request)) == {}
    again = house.run(house.service.cancel(house.signer, request))
    assert "already been cancelled" in again["CancellationMessage"]
    with pytest.raises(ConflictException, match="Unable to poll results for a cancelled query"):
        house.ask(MANY, NextToken=answer["NextToken"])


def test_a_finished_query_cannot_be_cancelled(house: Queries) -> None:
    request = {"QueryId": house.ask("SELECT 1")["QueryId"]}
    answer = house.run(house.service.cancel(house.signer, request))
    assert "already completed" in answer["CancellationMessage"]
    with pytest.raises(ValidationException, match="There is no query"):
        house.run(house.service.cancel(Signer(arn="arn:aws:iam::1:user/other"), request))


def test_results_are_dropped_after_an_hour_and_beyond_their_number(house: Queries) -> None:
    now_s = [0.0]
    results = Results(lambda: now_s[0])
    made = [
        house.service._open(house.signer, ALL, _plan(house), {}) for _ in range(MOST_RESULTS + 1)
    ]
    assert [dropped for result in made for dropped in results.add(result)] == [made[0]]
    now_s[0] = TOKEN_LIFE_S
    assert results.of_token(f"{made[1].query_id}x") is None
    last: Result = house.service._open(house.signer, ALL, _plan(house), {})
    assert results.add(last) == made[1:]
    for result in (*made, last):
        result.close()


def _plan(house: Queries) -> Plan:
    return house.service._plans.make(house.signer.place, ALL)
