"""What the cell tells while it grades: one JSON object a line."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from lab_utils.checks.base import Result
from lab_utils.grading.results import DONE, FAILED, LATE, SKIPPED, Phase, SetAside
from lab_utils.grading.workplace import cleaned

Event = Mapping[str, Any]
_LONGEST = 4000
_MOST_LINES = 40


def bounded(text: str) -> str:
    """Return a text without control characters and of bounded length, for any terminal or page."""
    # A file's name may be no text: no terminal could be given its half characters.
    whole = text.encode("utf-8", "replace").decode("utf-8")
    plain = cleaned(whole.replace("\r\n", "\n").replace("\r", "\n"))
    if len(plain) <= _LONGEST:
        return plain
    half = _LONGEST // 2
    return f"{plain[:half]} [...] {plain[-half:]}"


class Teller:
    """Writes events to a stream.

    Args:
        stream: Where to; each event is one line, written at once.
        shown: What stands for some folders of the cell, which mean nothing to a reader and may be
            others the next time.
    """

    def __init__(self, stream: IO[str], shown: Mapping[Path, str] | None = None) -> None:
        self._stream = stream
        self._shown = dict(shown or {})
        self._writing = threading.Lock()

    @contextmanager
    def phase(self, name: str) -> Iterator[PhaseReport]:
        """Tell that a phase starts, and how it ended."""
        self._tell({"event": "phase_started", "name": name})
        report = PhaseReport()
        began = time.monotonic()
        yield report
        seconds = round(time.monotonic() - began, 2)
        said = tuple(self._text(line) for line in report.said[:_MOST_LINES])
        self._tell({"event": "phase", **asdict(Phase(name, report.status, seconds, said))})

    def skip(self, name: str, why: str) -> None:
        """Tell that a phase is left out."""
        self._tell({"event": "phase", **asdict(Phase(name, SKIPPED, 0.0, (why,)))})

    def check(self, result: Result) -> None:
        """Tell how a check ended."""
        told = asdict(result)
        words = {name: self._text(told[name]) for name in ("seen", "wanted", "hint")}
        self._tell({"event": "check", **told, **words})

    def set_aside(self, block: SetAside) -> None:
        """Tell that a block of the configuration was left out."""
        told = {name: self._text(value) for name, value in asdict(block).items() if name != "line"}
        self._tell({"event": "set_aside", **told, "line": block.line})

    def remark(self, text: str) -> None:
        """Tell something that costs no points."""
        self._tell({"event": "remark", "text": self._text(text)})

    def failed(self, reason: str) -> None:
        """Tell that the grader itself cannot go on."""
        self._tell({"event": "failed", "reason": self._text(reason)})

    def done(self) -> None:
        """Tell that all was done."""
        self._tell({"event": "done"})

    def _text(self, text: str) -> str:
        for folder, words in self._shown.items():
            text = text.replace(f"{folder}/", "").replace(str(folder), words)
        return bounded(text)

    def _tell(self, event: Event) -> None:
        line = json.dumps(event)
        with self._writing:
            self._stream.write(f"{line}\n")
            self._stream.flush()


class PhaseReport:
    """What a phase has to say at its end."""

    def __init__(self) -> None:
        self.status = DONE
        self.said: list[str] = []

    def say(self, *lines: str) -> None:
        """Add lines."""
        self.said += lines

    def fail(self, *lines: str) -> None:
        """Say that it failed, and why."""
        self.status = FAILED
        self.say(*lines)

    def be_late(self, *lines: str) -> None:
        """Say that it was ended at a limit of time."""
        self.status = LATE
        self.say(*lines)


def results_told(events: Sequence[Event]) -> tuple[Result, ...]:
    """Return the results among some events."""
    return tuple(Result(**_without_kind(one)) for one in events if one["event"] == "check")


def phases_told(events: Sequence[Event]) -> tuple[Phase, ...]:
    """Return the phases among some events."""
    found = (_without_kind(one) for one in events if one["event"] == "phase")
    return tuple(Phase(**{**one, "said": tuple(one["said"])}) for one in found)


def blocks_told(events: Sequence[Event]) -> tuple[SetAside, ...]:
    """Return the blocks set aside among some events."""
    return tuple(SetAside(**_without_kind(one)) for one in events if one["event"] == "set_aside")


def remarks_told(events: Sequence[Event]) -> tuple[str, ...]:
    """Return the remarks among some events, each once."""
    return tuple(dict.fromkeys(one["text"] for one in events if one["event"] == "remark"))


def _without_kind(event: Event) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "event"}
