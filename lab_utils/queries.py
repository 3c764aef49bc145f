"""Timestream queries as typed DataFrames.

The pages come by boto3, with its retries, credentials and endpoint discovery, but are read here,
a column at a time: boto3's own reader makes and checks an object for each value. The next page is
on its way while one is read.
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain
from typing import Any

import pandas as pd
from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.errors import QueryError
from lab_utils.frames import wait_for_frame
from lab_utils.query_columns import make_column
from lab_utils.query_errors import interval_error, query_error, waiting_error

_MISSING_COLUMN = re.compile(r"Column '.*' does not exist")
_keeps_page: ContextVar[bool] = ContextVar("_keeps_page", default=False)
"""Whether the call of this thread wants the body of its answer as it came."""


def run_query(client: Any, sql: str) -> pd.DataFrame:
    """Return the result of a query, all pages of it.

    Args:
        client: The boto3 client ``timestream-query``.
        sql: One statement.

    Returns:
        A row for each row of the result, in its order, with the columns' names as they came (two
        may be the same). TIMESTAMP is ``datetime64[ns, UTC]``; DATE ``datetime64[s]``, midnight
        without a zone; TIME and day-to-second intervals ``timedelta64[ns]``; BIGINT and INTEGER
        ``Int64``; DOUBLE ``Float64``, in which a NaN is not NULL; BOOLEAN ``boolean``; VARCHAR
        ``string``. The rest are Python objects: an array a list, a row a dict (a tuple where its
        fields have no names), a time series a DataFrame of ``time`` and ``value``, an interval of
        months a ``DateOffset``. NULL is NA or NaT, and None within an object. A result without
        rows has its columns and their types.

    Raises:
        QueryError: AWS refuses or fails, or the endpoint is down; the place in the SQL is marked
            where the message names one. Or an interval is longer than 292 years.

    Source:
        https://docs.aws.amazon.com/timestream/latest/developerguide/API_query_Query.html
    """
    try:
        return _frame(_pages(client, sql))
    except (ClientError, BotoCoreError) as error:
        raise query_error(sql, error) from error
    except (OverflowError, pd.errors.OutOfBoundsTimedelta) as error:
        raise interval_error(sql, error) from error


def wait_for_query(
    client: Any,
    sql: str,
    at_least: int,
    until: Callable[[pd.DataFrame], bool] | None,
    timeout_s: float,
) -> pd.DataFrame:
    """Return the result of a query, see `run_query`, once it is as it was waited for.

    A table has a dimension's or a measure's column from the first record on that holds one, so
    while something is waited for, a column that does not exist is a reason to wait on.

    Args:
        client: The boto3 client ``timestream-query``.
        sql: One statement; run until its result is as wanted.
        at_least: How many rows it has to have.
        until: What has to hold for it; None for nothing.
        timeout_s: How long to wait, in seconds of the wall clock.

    Raises:
        QueryError: As for `run_query`, or what was waited for did not come.
    """
    is_waiting = at_least > 0 or until is not None

    def read() -> pd.DataFrame | str:
        try:
            return run_query(client, sql)
        except QueryError as error:
            missing = _MISSING_COLUMN.search(error.happened)
            if missing is None or not is_waiting:
                raise
            return f"the table is as it was: {missing[0]}."

    frame, lack = wait_for_frame(read, at_least, until, timeout_s)
    if frame is not None:
        return frame
    raise waiting_error(sql, timeout_s, lack)


def _pages(client: Any, sql: str) -> Iterator[dict[str, Any]]:
    """Yield the pages of a result, read from JSON; the next one is asked for before."""
    with ThreadPoolExecutor(1, "timestream-page") as ahead:
        body = _fetch(client, {"QueryString": sql})
        while True:
            with _collector_paused():
                page = json.loads(body)
            token = page.get("NextToken")
            asked = {"QueryString": sql, "NextToken": str(token)}
            following = ahead.submit(_fetch, client, asked) if token else None
            yield page
            if following is None:
                return
            body = following.result()


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep Python from looking for unreachable objects after each few hundred new ones.

    A page holds an object for each value and no cycles; to look through them again and again
    takes longer than to read them.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _fetch(client: Any, request: dict[str, str]) -> bytes:
    """Return the body of one page as it came."""
    # The same handler under the same id is registered once, however often it is asked for.
    client.meta.events.register(
        "before-parse.timestream-query.Query", _keep_page, unique_id="lab-query-page"
    )
    kept = _keeps_page.set(True)
    try:
        body: bytes = client.query(**request)["Page"]
    finally:
        _keeps_page.reset(kept)
    return body


def _keep_page(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_rest: Any
) -> None:
    """Hand an answer out as it came, and give boto3 an empty one to read instead."""
    if _keeps_page.get() and response_dict["status_code"] == 200:
        customized_response_dict["Page"] = response_dict["body"]
        response_dict["body"] = b"{}"


def _frame(pages: Iterator[dict[str, Any]]) -> pd.DataFrame:
    first = next(pages)
    infos = first["ColumnInfo"]
    columns = [make_column(info["Type"]) for info in infos]
    for page in chain([first], pages):
        with _collector_paused():
            data = zip(*(row["Data"] for row in page["Rows"]), strict=True)
            for column, values in zip(columns, data, strict=False):  # A page may have no rows.
                column.add(values)
    # By number first: two columns may have one name.
    frame = pd.DataFrame({number: column.finish() for number, column in enumerate(columns)})
    frame.columns = pd.Index([info.get("Name", "") for info in infos], dtype="object")
    return frame
