"""What the reader and the compiler know of a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lab_utils.local_aws.rules.sql.context import MessageContext
from lab_utils.local_aws.rules.sql.values import Value

ANY_NUMBER: Final = 1_000_000
Run = Callable[..., Value]
"""Takes the message's context, then the arguments."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function of rule SQL.

    Attributes:
        run: What it does, given the context and the arguments.
        fewest: How many arguments it takes at least.
        most: How many it takes at most; a call with another number is Undefined.
        needs_2016: Whether it came with SQL version 2016-03-23.
        is_external: Whether it asks another service.
        is_random: Whether it answers differently each time.
    """

    run: Run
    fewest: int
    most: int
    needs_2016: bool = False
    is_external: bool = False
    is_random: bool = False


def pure(
    run: Callable[..., Value], fewest: int, most: int | None = None, *, needs_2016: bool = False
) -> Function:
    """Return a function that needs nothing but its arguments."""

    def run_without_context(_ctx: MessageContext, *arguments: Value) -> Value:
        return run(*arguments)

    return Function(run_without_context, fewest, fewest if most is None else most, needs_2016)
