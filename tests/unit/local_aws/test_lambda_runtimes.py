"""Which runtimes Lambda takes on which day."""

from __future__ import annotations

from datetime import date

from lab_utils.local_aws.lambda_runtimes import (
    CREATE_BLOCKED,
    RECOMMENDED,
    UPDATE_BLOCKED,
    runtime_problem,
)


def test_a_retired_runtime_is_refused_from_its_day_on() -> None:
    last_day, first_day = date(2024, 1, 8), date(2024, 1, 9)
    assert runtime_problem("python3.7", CREATE_BLOCKED, last_day) is None
    problem = runtime_problem("python3.7", CREATE_BLOCKED, first_day)
    assert problem is not None
    assert "The runtime parameter of python3.7 is no longer supported" in problem
    assert RECOMMENDED in problem


def test_a_function_may_keep_a_runtime_longer_than_one_is_created_with_it() -> None:
    day = date(2025, 6, 1)
    assert runtime_problem("python3.7", CREATE_BLOCKED, day)
    assert runtime_problem("python3.7", UPDATE_BLOCKED, day) is None


def test_the_recommended_runtime_and_unlisted_ones_are_taken() -> None:
    for runtime in (RECOMMENDED, "nodejs22.x", ""):
        assert runtime_problem(runtime, CREATE_BLOCKED, date(2026, 11, 24)) is None
