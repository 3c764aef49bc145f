"""Every documented example is shown by a test, or listed with the reason why not."""

from __future__ import annotations

import pytest

from tests.integration.vectors import (
    examples,
    test_lambda,
    test_logs,
    test_rule_actions,
    test_rule_sql,
    test_schedules,
    test_timestream_sql,
    test_timestream_write,
)

SHOWING = (
    test_lambda,
    test_logs,
    test_rule_actions,
    test_rule_sql,
    test_schedules,
    test_timestream_sql,
    test_timestream_write,
)
"""Imported, so that what they show is known in a run of this module alone."""
IN_SCOPE = {example.name for example in examples.ALL if example.area in examples.AREAS}


def test_every_example_is_shown_or_listed() -> None:
    assert all(module.__doc__ for module in SHOWING)
    assert sorted(IN_SCOPE - examples.SHOWN - set(examples.NOT_RUN)) == []


def test_an_example_has_a_name_of_its_own() -> None:
    names = [example.name for example in examples.ALL]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", sorted(examples.NOT_RUN) or ["none"])
def test_a_listed_example_exists_and_has_a_reason(name: str) -> None:
    if examples.NOT_RUN:
        assert name in IN_SCOPE
        assert len(examples.NOT_RUN[name]) > 20
