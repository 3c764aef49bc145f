"""All that the page's script is told after each look, as one object for JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from lab_utils.dashboard.snapshot import Lack, Snapshot, State
from lab_utils.dashboard.view import View
from lab_utils.dashboard.words import (
    invalid_in_words,
    lambda_in_words,
    rooms_in_words,
    switches_in_words,
    zones_in_words,
)


@dataclass(frozen=True)
class About:
    """What does not change while a page is open.

    Attributes:
        where: Where the data come from.
        interval_s: How far apart two looks are at least, in seconds of the wall clock.
        cost: What looking costs; "" where it costs nothing.
        queries: The queries, with what each is for.
    """

    where: str
    interval_s: float
    cost: str
    queries: tuple[tuple[str, str], ...]


def told(
    state: State, view: View | None, minutes: int, is_paused: bool, about: About
) -> dict[str, Any]:
    """Return the page's texts and tables.

    Args:
        state: What is known.
        view: What is shown of it; None before the first look.
        minutes: The window that was chosen, in lab minutes.
        is_paused: Whether the reader has stopped it.
        about: What does not change.
    """
    snapshot = state.snapshot
    content: dict[str, Any] = {
        "status": _status(state, is_paused),
        "interval_s": about.interval_s,
        "looks": state.looks,
        "gone_since": _iso(state.gone_since),
        "gone_why": state.gone_why,
        "taken_at": _iso(snapshot.taken_at) if snapshot else "",
        "sent_at": _iso(datetime.now(UTC)),
    }
    if snapshot is None or view is None:
        return content
    parts = {
        "rooms": rooms_in_words(snapshot, view, minutes),
        "zones": zones_in_words(snapshot, view, minutes),
        "lambda": lambda_in_words(snapshot, view),
        "invalid": invalid_in_words(snapshot),
    }
    return {
        **content,
        "lab_time": f"{snapshot.now:%Y-%m-%d %H:%M:%S}",
        "speed": snapshot.speed,
        "took_ms": round(snapshot.took_s * 1000),
        "switches": switches_in_words(view.conditioners),
        "parts": {name: asdict(part) for name, part in parts.items()},
    }


def _status(state: State, is_paused: bool) -> str:
    if state.is_broken:
        return "broken"
    if state.gone_since is not None:
        return "gone"
    if is_paused:
        return "paused"
    if state.snapshot is None:
        return "waiting"
    return "lacking" if _lacks(state.snapshot) else "live"


def _lacks(snapshot: Snapshot) -> bool:
    return isinstance(snapshot.readings, Lack)


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="milliseconds")
