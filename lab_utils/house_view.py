"""The house in a notebook: one figure that moves while the house runs, and stays when it ends."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any, Protocol
from uuid import uuid4

import pandas as pd
from IPython.core.getipython import get_ipython
from IPython.display import display, update_display

from lab_utils.house.events import HousePlan, Snapshot, Switch
from lab_utils.house_figure import HEIGHT_PX, WIDTH_PX, HouseFigure
from lab_utils.house_words import caption, in_words

LEAST_INTERVAL_S = 0.25
"""Frames are at least so far apart, in real seconds: the eye needs no more than four."""
MOST_SHARE = 0.2
"""The most of the run's time that is spent on drawing: what takes longer is drawn less often."""
_FINE_DPI = 200


class Screen(Protocol):
    """Shows the figure's states, each in the place of the one before."""

    def __call__(self, png: bytes, plan: HousePlan) -> None:
        """Show a state."""


class NotebookView:
    """Watches a house in a notebook, as a `Watcher`.

    Where somebody looks on, the figure moves; where nobody does, as in papermill, nbconvert and
    nbval, it is drawn once, at the end. Either way the cell has one figure, and then a sentence
    that tells it in words.

    Args:
        is_live: Whether somebody looks on; by default asked of the kernel.
        clock: Real seconds; for tests.
        screen: Shows the figure; by default the cell's output.
        say: Takes the sentence; by default the cell's output.
    """

    def __init__(
        self,
        *,
        is_live: bool | None = None,
        clock: Callable[[], float] = time.perf_counter,
        screen: Screen | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self._is_live = is_watched() if is_live is None else is_live
        self._clock = clock
        self._screen = screen or CellOutput()
        self._say = say
        self._next_frame_s = float("-inf")
        self._has_remark = False
        self._last: Snapshot | None = None

    def start(self, plan: HousePlan) -> None:
        """Take what is going to run, and show the house as it waits for it."""
        self._last = None
        self._plan = plan
        self.figure = HouseFigure(plan)
        if self._is_live:
            self._draw()

    def step(self, snapshot: Snapshot) -> None:
        """Take one step, and show it unless a frame was shown just now.

        That there is something to remark is shown at once: the next step may be far away.
        """
        if self._last is None:
            self.figure.begin(snapshot)
        self._last = snapshot
        if not self._is_live:
            return
        self.figure.add(snapshot)
        is_news = bool(snapshot.remark) != self._has_remark
        if is_news or self._clock() >= self._next_frame_s:
            self._has_remark = bool(snapshot.remark)
            self._draw(snapshot)

    def finish(self, sent: pd.DataFrame, switches: list[Switch], stopped: bool) -> None:
        """Take the result, show it finely, and tell it in words."""
        self.figure.show_result(sent, switches, self._last, stopped)
        self._screen(self.figure.png(_FINE_DPI), self._plan)
        self._say(in_words(self._plan, self.figure.tracks, switches, self._last, stopped))

    def _draw(self, snapshot: Snapshot | None = None) -> None:
        begun_s = self._clock()
        if snapshot is not None:
            self.figure.show(snapshot)
        self._screen(self.figure.png(), self._plan)
        took_s = self._clock() - begun_s
        self._next_frame_s = begun_s + max(LEAST_INTERVAL_S, took_s / MOST_SHARE)


class CellOutput:
    """One output of a cell, whose picture is replaced in place."""

    def __init__(self) -> None:
        self._display_id: str | None = None

    def __call__(self, png: bytes, plan: HousePlan) -> None:
        """Show a state; the first one makes the output."""
        words = caption(plan)
        # The text is what nbval compares and what a terminal shows; the size keeps the page from
        # jumping between two pictures.
        data = {"image/png": base64.b64encode(png).decode(), "text/plain": words}
        size = {"width": WIDTH_PX, "height": HEIGHT_PX, "alt": words}
        shown: dict[str, Any] = {"raw": True, "metadata": {"image/png": size}}
        if self._display_id is None:
            self._display_id = uuid4().hex
            display(data, display_id=self._display_id, **shown)
        else:
            update_display(data, display_id=self._display_id, **shown)


def is_watched() -> bool:
    """Return whether somebody looks on while the cell runs.

    Front ends for people say with each cell that they could ask for input; tools that run
    notebooks in batch say that nobody would answer. Without a kernel there is no page to change.

    Source:
        https://jupyter-client.readthedocs.io/en/stable/messaging.html#execute
    """
    kernel = getattr(get_ipython(), "kernel", None)
    request: dict[str, Any] = kernel.get_parent() if kernel is not None else {}
    return bool(request.get("content", {}).get("allow_stdin", False))
