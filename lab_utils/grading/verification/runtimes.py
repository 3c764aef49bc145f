"""Functions with a runtime that AWS has retired, and that grading takes all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.embedded import local_runtimes
from lab_utils.teardown.calls import ClientOf


def runtime_remarks(client: ClientOf) -> list[str]:
    """Return a remark on each function whose runtime no new function gets on AWS any more.

    Args:
        client: Returns the client of a service.
    """
    try:
        return list(_remarks(client))
    except (BotoCoreError, ClientError) as error:
        return [f"The functions' runtimes could not be asked for: {error}"]


def _remarks(client: ClientOf) -> Iterator[str]:
    runtimes, today = local_runtimes(), datetime.now(UTC).date()
    pages = client("lambda").get_paginator("list_functions").paginate()
    for function in (one for page in pages for one in page["Functions"]):
        runtime = function.get("Runtime", "")
        if runtimes.runtime_problem(runtime, runtimes.CREATE_BLOCKED, today):
            yield (
                f"The function {function['FunctionName']} has the runtime {runtime}, which AWS "
                f"has retired: a real account refuses a new function with it. "
                f"{runtimes.RECOMMENDED} would do."
            )
