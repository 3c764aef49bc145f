"""Removing what is left, one thing after another, each said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.teardown.calls import Call, ClientOf
from lab_utils.teardown.leftovers import Leftover
from lab_utils.teardown.look import is_gone
from lab_utils.waiting import wait_for

_BUSY = ("ResourceInUseException", "ConflictException", "DeleteConflict", "DeleteConflictException")
"""What AWS says while something that it depends on is still on its way out."""


@dataclass(frozen=True)
class Removal:
    """What became of what was to be removed: its parts, and AWS's words of what it kept."""

    removed: tuple[Leftover, ...]
    refused: tuple[tuple[Leftover, str], ...]


def remove_all(
    client: ClientOf,
    leftovers: Sequence[Leftover],
    report: Callable[[str], None],
    timeout_s: float,
    done: str = "removed",
) -> Removal:
    """Return what was removed and what was not; one that AWS refuses stops none of the others.

    Args:
        client: Returns the boto3 client of a service.
        leftovers: What is to go, in order.
        report: Takes a line for each.
        timeout_s: How long to repeat a call that AWS refuses since something else has still to
            go, in seconds of the wall clock.
        done: What is said of each that was.
    """
    removed: list[Leftover] = []
    refused: list[tuple[Leftover, str]] = []
    for one in leftovers:
        if not one.calls:
            report(f"  {one.title}: left to you: {one.remove}")
            continue
        try:
            _make(client, one.calls, timeout_s)
        except (ClientError, BotoCoreError) as error:
            report(f"  {one.title}: refused: {error}")
            refused.append((one, str(error)))
        else:
            report(f"  {one.title}: {done}")
            removed.append(one)
    return Removal(tuple(removed), tuple(refused))


def _make(client: ClientOf, calls: Iterable[Call], timeout_s: float) -> None:
    for call in calls:
        if wait_for(partial(_is_made, client, call), timeout_s) is None:
            call.make(client)  # for AWS's own words


def _is_made(client: ClientOf, call: Call) -> bool | None:
    """Return True once a call is made, or what it is about has gone; None while it is too early."""
    try:
        call.make(client)
    except ClientError as error:
        if error.response["Error"]["Code"] in _BUSY:
            return None
        if not is_gone(error):
            raise
    return True
