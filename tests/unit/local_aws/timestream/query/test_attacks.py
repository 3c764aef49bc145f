"""Queries that try to break the service: each is answered in time, and the next one as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from lab_utils.local_aws.timestream.errors import QueryExecutionException, TimestreamError
from lab_utils.local_aws.timestream.query.expansion import expanded_size, macro_weights
from tests.unit.local_aws.timestream.conftest import Bench, reading
from tests.unit.local_aws.timestream.query.conftest import Queries

LIMIT_S = 2.0
TOO_DEEP = "nested"
HUGE = " CROSS JOIN ".join(f"UNNEST(sequence(1, 9000)) AS t{i}(x{i})" for i in range(4))


def _doubled(start: str, step: str) -> str:
    """Return a query that makes a value twice as large 37 times."""
    chain = "".join(f", a{i} AS (SELECT {step} AS x FROM a{i - 1})" for i in range(1, 38))
    return f"WITH a0 AS (SELECT {start} AS x){chain} SELECT x FROM a37"


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queries]:
    bench = Bench(Path(tmp_path_factory.mktemp("attacked")))
    bench.create_database()
    bench.create_table()
    bench.write(reading("20.5"))
    made = Queries(bench, time_limit_s=LIMIT_S)
    yield made
    made.close()
    bench.backend.close()


def refusal(queries: Queries, text: str) -> str:
    began_s = monotonic()
    with pytest.raises(TimestreamError) as caught:
        queries.ask(text)
    assert monotonic() - began_s < 15
    assert queries.rows("SELECT measure_value::double FROM house.readings") == [["20.5"]]
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SELECT 1" + ", 1" * 140_000, "less than or equal to 262144"),
        ("SELECT " + "(" * 100_000 + "1" + ")" * 100_000, TOO_DEEP),
        ("SELECT " + "NOT " * 1000 + "TRUE", TOO_DEEP),
        ("SELECT " + "CASE WHEN TRUE THEN " * 50 + "1" + " END" * 50, TOO_DEEP),
        ("SELECT * FROM " + "(SELECT * FROM " * 50 + "house.readings" + ")" * 50, TOO_DEEP),
        (" UNION ALL ".join(["SELECT 1"] * 3000), TOO_DEEP),
        ("SELECT " + " + ".join(["1"] * 5000), TOO_DEEP),
        ("SELECT " + "bit_count(" * 12 + "1" + ", 64)" * 12, "too complex"),
        ("SELECT " + "ARRAY[" * 18 + "1" + "]" * 18 + "[1]" * 18, "too complex"),
        ("SELECT " + "array[" * 12 + "1" + "]" * 12, TOO_DEEP),
        ("SELECT " + "filter(array[1], x -> " * 5 + "TRUE" + ")" * 5, TOO_DEEP),
        ("SELECT sequence(1, 1000000000000)", "10000"),
        ("SELECT repeat(1, 1000000000)", "10000"),
        ("SELECT regexp_like('a', '(a{1000}){1000}')", "Invalid regular expression"),
        (_doubled("'abcdefgh'", "x || x"), "larger than 10000000 bytes"),
        (_doubled("ARRAY[1]", "x || x"), "larger than 10000000 bytes"),
        (_doubled("1", "ROW(x, x)"), "too large"),
        ("SELECT 'a\x00b'", "U+0000"),
        ("SELECT 'a\x01b'", "U+0001"),
        ("SELECT '\ud800'", "U+D800"),
        ("SELECT /* never", "not closed"),
        ("   ", "empty"),
        ("-- nothing", "empty"),
    ],
    ids=lambda text: text[:30],
)
def test_a_monstrous_query_is_refused_in_words(attacked: Queries, text: str, says: str) -> None:
    assert says in refusal(attacked, text)


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT count(*) FROM {HUGE} WHERE x0 <> x1",
        f"SELECT * FROM {HUGE} ORDER BY x0 * x1",
        f"SELECT array_agg(x0) FROM {HUGE}",
        f"SELECT count(DISTINCT x0 * x1 + x2) FROM {HUGE}",
    ],
)
def test_a_query_without_end_is_ended(attacked: Queries, text: str) -> None:
    with pytest.raises(QueryExecutionException, match=r"longer than|more memory"):
        attacked.ask(text)
    assert attacked.rows("SELECT 1") == [["1"]]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT " + ", ".join(f"{i} AS c{i}" for i in range(1000)),
        "SELECT 1 IN (" + ", ".join(map(str, range(5000))) + ")",
        "SELECT " + "(" * 38 + "1" + ")" * 38,
        "SELECT " + " AND ".join(["TRUE"] * 5000),
        "SELECT " + "nullif(" * 30 + "1" + ", 2.0)" * 30,
        "SELECT " + "row(" * 30 + "1" + ")" * 30,
        "SELECT " + "array[" * 8 + "1" + "]" * 8,
        "SELECT regexp_like('" + "a" * 5000 + "!', '(a+)+$')",
        "SELECT length('" + "ž" * 200_000 + "')",
    ],
    ids=lambda text: text[:30],
)
def test_a_large_query_is_answered(attacked: Queries, text: str) -> None:
    assert len(attacked.ask(text)["Rows"]) == 1


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("SELECT 'a'' || (SELECT 1) --'", [["a' || (SELECT 1) --"]]),
        ('SELECT 1 AS "x"", (SELECT 2) AS ""y"', [["1"]]),
        ('SELECT "ž😀" FROM (VALUES 1) AS "t; DROP"("ž😀")', [["1"]]),
        ("SELECT '😀\n\t\"\\'", [['😀\n\t"\\']]),
        ("SELECT 1 -- a comment; DROP TABLE x", [["1"]]),
    ],
)
def test_texts_and_names_stay_texts_and_names(
    attacked: Queries, text: str, rows: list[list[str]]
) -> None:
    assert attacked.rows(text) == rows


def test_the_size_of_nested_macros_is_counted() -> None:
    weights = macro_weights(
        [
            "CREATE OR REPLACE MACRO twice(x) AS x + x",
            "CREATE OR REPLACE MACRO four(x, y) AS twice(twice(x)) || y",
        ]
    )
    assert weights["twice"].counts == (2.0,)
    assert weights["four"].counts == (4.0, 1.0)
    nested = "twice(" * 20 + "a" + ")" * 20
    assert expanded_size(nested, weights) > 2**20
    assert expanded_size("'twice(twice(twice('", weights) < 30
