"""The writer's thread, where its backend cannot be had."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from lab_utils.local_aws.state.health import SavingHealth
from lab_utils.local_aws.timestream.errors import InternalServerException, TimestreamError
from lab_utils.local_aws.timestream.submissions import Ingested, Submission
from lab_utils.local_aws.timestream.writer import Backend, Writer

ANSWER_S = 10.0


class Nothing:
    """A backend that has nothing to write."""

    def store_all(
        self, submissions: Sequence[Submission]
    ) -> list[tuple[Submission, Ingested | TimestreamError]]:
        return [(submission, Ingested(0, 0)) for submission in submissions]

    def tidy(self) -> None:
        """Nothing expires."""

    def close(self) -> None:
        """Nothing is open."""


def opening_after(failures: list[Exception]) -> Callable[[], Backend]:
    """Return what fails as often as there are failures, and then opens a backend."""

    def open_backend() -> Backend:
        if failures:
            raise failures.pop()
        return Nothing()

    return open_backend


def test_whoever_waits_is_told_that_timestream_could_not_be_started() -> None:
    health = SavingHealth()
    writer = Writer(opening_after([ImportError("no module named duckdb")]), health)
    with pytest.raises(InternalServerException, match="no module named duckdb"):
        writer.call(lambda: 1).result(ANSWER_S)
    assert "no module named duckdb" in str(health.to_json())


def test_the_next_request_after_a_failed_start_tries_again() -> None:
    writer = Writer(opening_after([OSError("disk full")]), SavingHealth())
    with pytest.raises(InternalServerException):
        writer.call(lambda: 1).result(ANSWER_S)
    assert writer.call(lambda: 2).result(ANSWER_S) == 2
    writer.close()
