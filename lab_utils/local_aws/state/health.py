"""Whether the state is being saved, as ``lab status`` reports it."""

from __future__ import annotations

import logging
import threading
from typing import Any

_log = logging.getLogger(__name__)


class SavingHealth:
    """What cannot be saved at the moment, and what was damaged when it was loaded."""

    def __init__(self) -> None:
        self._failing: dict[str, str] = {}
        self._damaged: list[str] = []
        self._guard = threading.Lock()

    def failed(self, name: str, reason: BaseException) -> None:
        """Record that a part is not being saved; the log says so once, not at every try."""
        with self._guard:
            is_new = name not in self._failing
            self._failing[name] = f"{type(reason).__name__}: {reason}"
        if is_new:
            _log.error(
                "The state of %s is not being saved: %s. The service goes on; free some space or "
                "make .lab writable, and saving resumes by itself.",
                name,
                reason,
            )

    def saved(self, name: str) -> None:
        """Record that a part is saved."""
        with self._guard:
            had_failed = self._failing.pop(name, None) is not None
        if had_failed:
            _log.warning("The state of %s is being saved again.", name)

    def damaged(self, report: str) -> None:
        """Record a part that could not be loaded."""
        with self._guard:
            self._damaged.append(report)

    def to_json(self) -> dict[str, Any]:
        """Return whether everything is saved, what is not and why, and what was set aside."""
        with self._guard:
            return {
                "is_saved": not self._failing,
                "not_saved": dict(self._failing),
                "damaged": list(self._damaged),
            }
