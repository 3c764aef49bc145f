"""Waiting for a DataFrame that has what a reader wants to see in it."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from lab_utils.waiting import wait_for


def wait_for_frame(
    read: Callable[[], pd.DataFrame | str],
    at_least: int,
    until: Callable[[pd.DataFrame], bool] | None,
    timeout_s: float,
) -> tuple[pd.DataFrame | None, str]:
    """Return a frame once it is as it was waited for, else None and what it lacks.

    Args:
        read: Returns the frame, or a sentence that says why there is none yet.
        at_least: How many rows it has to have.
        until: What has to hold for it; None for nothing. A column that it names and that is not
            there yet is a reason to wait on.
        timeout_s: How long to wait, in seconds of the wall clock.
    """
    lack = ""

    def look() -> pd.DataFrame | None:
        nonlocal lack
        frame = read()
        if isinstance(frame, str):
            lack = frame
            return None
        lack = f"it holds {len(frame)} rows, and the condition is not met."
        try:
            holds = len(frame) >= at_least and (until is None or bool(until(frame)))
        except KeyError as error:
            lack += f" It has no column {error}."
            return None
        return frame if holds else None

    return wait_for(look, timeout_s), lack
