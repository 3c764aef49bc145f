"""What grading does about functions: old runtimes are taken, long timeouts cut short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.embedded import local_runtimes
from lab_utils.teardown.calls import ClientOf

MOST_S, _WORTH_A_WORD_S = 20, 60
"""The longest that a function may take while it is graded; a right one takes a second or two."""


def look_after_functions(client: ClientOf) -> list[str]:
    """Return remarks on the functions; those that may run for long may do so no longer.

    A function that never ends would be begun anew by its schedule each minute of the lab's time,
    which is a second or less, until nothing else could be graded for it.

    Args:
        client: Returns the client of a service.
    """
    try:
        functions = list(_functions(client))
        return [*_runtime_remarks(functions), *_shortened(client, functions)]
    except (BotoCoreError, ClientError) as error:
        return [f"The functions could not be looked at: {error}"]


def _functions(client: ClientOf) -> Iterator[Mapping[str, Any]]:
    for page in client("lambda").get_paginator("list_functions").paginate():
        yield from page["Functions"]


def _shortened(client: ClientOf, functions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for function in functions:
        name, timeout_s = function["FunctionName"], function.get("Timeout", 0)
        if timeout_s > MOST_S:
            client("lambda").update_function_configuration(FunctionName=name, Timeout=MOST_S)
        if timeout_s > _WORTH_A_WORD_S:
            yield f"The function {name} may take {timeout_s} s; it was graded with {MOST_S} s."


def _runtime_remarks(functions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    runtimes, today = local_runtimes(), datetime.now(UTC).date()
    for function in functions:
        runtime = function.get("Runtime", "")
        if runtimes.runtime_problem(runtime, runtimes.CREATE_BLOCKED, today):
            yield (
                f"The function {function['FunctionName']} has the runtime {runtime}, which AWS "
                f"has retired: a real account refuses a new function with it. "
                f"{runtimes.RECOMMENDED} would do."
            )
