"""One look at AWS: the dashboard's questions asked, each answer or the reason why there is none."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import pandas as pd
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from lab_utils.dashboard.decisions import read_decisions
from lab_utils.dashboard.endpoint import Connection, Endpoint
from lab_utils.dashboard.invalid import read_invalid
from lab_utils.dashboard.lacks import error_lack, no_means, no_readings, table_lack
from lab_utils.dashboard.queries import (
    newest_sql,
    readings_sql,
    since,
    since_whole,
    zone_means_sql,
)
from lab_utils.dashboard.snapshot import InvalidReadings, Lack, Snapshot
from lab_utils.errors import LabError, QueryError, TargetError
from lab_utils.plots.frames import tidy_means, tidy_readings
from lab_utils.queries import run_query

Answer = TypeVar("Answer")
INVALID_INTERVALS = 5
"""DynamoDB's table is scanned once in so many looks: that takes longer than all the queries."""


class Reader:
    """Asks a target all that the page shows.

    Args:
        endpoint: The target.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.interval_s = endpoint.interval_s
        self.where = endpoint.where
        self._invalid_due_s = 0.0
        self._invalid: InvalidReadings | Lack = Lack("", "")

    def read(self, minutes: int) -> Snapshot:
        """Return what there is to see.

        Args:
            minutes: How far back to look, in lab minutes.

        Raises:
            TargetError: The target does not answer.
        """
        begun = time.monotonic()
        at = self._endpoint.connect()
        readings = _attempt("the readings", lambda: _read_readings(at, minutes))
        is_there = isinstance(readings, pd.DataFrame)
        means = _attempt("the means", lambda: _read_means(at, minutes)) if is_there else no_means()
        decisions = _attempt("the Lambda's log", lambda: read_decisions(at, minutes))
        if not is_there or isinstance(self._invalid, Lack) or begun >= self._invalid_due_s:
            self._invalid = _attempt(
                "the invalid readings", lambda: read_invalid(at.client("dynamodb"))
            )
            self._invalid_due_s = begun + INVALID_INTERVALS * self.interval_s
        return Snapshot(
            at.now,
            datetime.now(UTC),
            time.monotonic() - begun,
            at.speed,
            minutes,
            readings,
            means,
            decisions,
            self._invalid,
        )


def _attempt(what: str, ask: Callable[[], Answer | Lack]) -> Answer | Lack:
    """Return an answer, or what AWS says instead of one.

    Raises:
        TargetError: AWS says nothing at all.
    """
    try:
        return ask()
    except (LabError, ClientError, BotoCoreError) as error:
        cause = error.__cause__ if isinstance(error, LabError) else error
        if isinstance(cause, HTTPClientError):
            raise TargetError(
                f"read {what}",
                f"AWS does not answer: {cause}.",
                "`lab status` tells whether the embedded AWS runs.",
            ) from error
        return error_lack(what, error)


def _read_readings(at: Connection, minutes: int) -> pd.DataFrame | Lack:
    client = at.client("timestream-query")
    try:
        frame = tidy_readings(run_query(client, readings_sql(since(minutes))))
    except QueryError as error:
        return table_lack(error, lambda: _newest(client))
    if not frame.empty:
        return frame
    return no_readings(minutes, _newest(client), at.now)


def _newest(client: Any) -> datetime | None:
    """Return the time of the newest record, or None if there never was one."""
    found = run_query(client, newest_sql())
    newest = found["newest"].iloc[0]
    return None if pd.isna(newest) else newest.to_pydatetime()


def _read_means(at: Connection, minutes: int) -> pd.DataFrame | Lack:
    found = run_query(at.client("timestream-query"), zone_means_sql(since_whole(minutes)))
    means = tidy_means(found.drop(columns="readings"))
    return no_means() if means.empty else means
