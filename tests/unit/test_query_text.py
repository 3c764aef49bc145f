"""Values of variables in the text of a query."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from lab_utils.errors import QueryError
from lab_utils.query_text import fill_in, literal


@pytest.mark.parametrize(
    ("value", "sql"),
    [
        ("temp_1", "'temp_1'"),
        ("it's; DROP", "'it''s; DROP'"),
        (20, "20"),
        (np.int64(20), "20"),
        (np.float64(20.5), "20.5"),
        (-0.5, "-0.5"),
        (1e300, "1e+300"),
        (True, "true"),
        (None, "NULL"),
        (datetime(2026, 11, 25, 10, 15, tzinfo=UTC), "timestamp '2026-11-25 10:15:00.000000000'"),
        (
            pd.Timestamp("2026-11-25 11:15:00.000000001", tz="Europe/Paris"),
            "timestamp '2026-11-25 10:15:00.000000001'",
        ),
        (pd.Timestamp("2026-11-25"), "timestamp '2026-11-25 00:00:00.000000000'"),
    ],
)
def test_a_value_is_written_as_sql(value: object, sql: str) -> None:
    assert literal(value) == sql


@pytest.mark.parametrize("value", [[1], float("nan"), pd.NaT, pd.DataFrame()])
def test_a_value_without_a_form_in_sql_is_refused(value: object) -> None:
    with pytest.raises(QueryError, match="no form in SQL"):
        literal(value)


@pytest.mark.parametrize(
    ("sql", "filled"),
    [
        ("WHERE sensor_id = {sensor} AND n < {limit}", "WHERE sensor_id = '1' AND n < 40"),
        ("regexp_like(x, '^a{2}{sensor}''$') -- {sensor}", None),
        ('SELECT "{sensor}"', None),
        ("regexp_like(x, 'a') OR y = {limit}", "regexp_like(x, 'a') OR y = 40"),
        ("{2} {} { sensor }", None),
    ],
)
def test_names_in_braces_stand_for_values_but_not_in_quotes_or_comments(
    sql: str, filled: str | None
) -> None:
    assert fill_in(sql, {"sensor": "1", "limit": 40}) == (sql if filled is None else filled)


def test_a_name_that_is_no_variable_is_an_error_that_names_it() -> None:
    with pytest.raises(QueryError, match=r"\{sensr\}"):
        fill_in("WHERE sensor_id = {sensr}", {"sensor": "1"})
