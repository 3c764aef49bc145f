"""Terraform on a student's configuration: enclosed, with a limit of time, its words as data.

What it prints is data of unknown origin: a program that the configuration starts could write into
it. It says what to set aside and what to show, and nothing else hangs on it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab_utils.grading.workplace import MOST_KEPT, Task, Workplace, cleaned
from lab_utils.terraform import find_engine

PREAMBLE = "encountered problems during initiali"
"""Begins what ``init`` says before the errors of files that it cannot read."""
_CHANGES = ("create", "update", "delete")
_ANSWER = re.compile(r"https response error StatusCode: \d+, RequestID: [\w-]*, ")
"""What differs from one run to the next, and tells nothing."""
_BEGINS_AND_ENDS = {
    "apply_start": ("busy", True),
    "apply_complete": ("busy", False),
    "apply_errored": ("busy", False),
    "provision_start": ("waiting", True),
    "provision_complete": ("waiting", False),
    "provision_errored": ("waiting", False),
}
LONGEST_WAIT_S = 60.0
"""A package script that a configuration starts takes some seconds."""
_MOST_COMPLAINTS = 200
_LONGEST_WORDS = 700
_WITHOUT_NETWORK = """\
disable_checkpoint = true
provider_installation {{
  filesystem_mirror {{
    path = "{mirror}"
  }}
}}
"""


@dataclass(frozen=True)
class Complaint:
    """An error of Terraform's.

    Attributes:
        summary: What is wrong.
        detail: What Terraform says besides; may be "".
        file: The file that it names, as it names it; "" if none.
        line: Where in it, from 1; 0 if it names no file.
        address: The resource that it names; "" if none.
        source: The lines that it shows.
    """

    summary: str
    detail: str = ""
    file: str = ""
    line: int = 0
    address: str = ""
    source: str = ""

    @property
    def words(self) -> str:
        """What Terraform says, in one line."""
        joined = f"{self.summary}: {self.detail}" if self.detail else self.summary
        line = " ".join(_ANSWER.sub("", joined).split())
        return line if len(line) <= _LONGEST_WORDS else f"{line[:_LONGEST_WORDS]} [...]"


@dataclass
class Run:
    """What came of a command.

    Attributes:
        status: Terraform's exit status.
        is_late: Whether it was ended because its time was over.
        complaints: Its errors.
        planned: The addresses that it meant to change.
        changed: The addresses that it has changed.
        has_begun: Whether it came as far as to change something.
        busy: The addresses that it is at.
        waiting: Those of them at which it waits for a program of the student's.
        rest: What it said otherwise, such as why it crashed.
    """

    status: int = 0
    is_late: bool = False
    complaints: list[Complaint] = field(default_factory=list)
    planned: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    has_begun: bool = False
    busy: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    rest: str = ""

    @property
    def only_waits(self) -> bool:
        """Whether it is at nothing else than to wait for programs of the student's."""
        return bool(self.waiting) and self.busy <= self.waiting

    @property
    def is_done(self) -> bool:
        """Whether it came to its end without an error."""
        return self.status == 0 and not self.is_late


class Engine:
    """Terraform in one folder.

    Args:
        place: Where the student's programs run.
        folder: The configuration's folder.
        settings: A folder that programs can see, for Terraform's own settings.
        timeout_s: The limit of time of all commands together, in seconds.
        program_s: For how long Terraform may do nothing but wait for a program, in seconds.
    """

    def __init__(
        self,
        place: Workplace,
        folder: Path,
        settings: Path,
        timeout_s: float,
        program_s: float = LONGEST_WAIT_S,
    ) -> None:
        self._program_s = program_s
        self.waited_s = 0.0
        self._place = place
        self._folder = folder
        self._deadline = time.monotonic() + timeout_s
        mirror = settings / "providers"
        mirror.mkdir()
        file = settings / "terraform.rc"
        file.write_text(_WITHOUT_NETWORK.format(mirror=mirror.as_posix()), encoding="utf-8")
        own = {"TF_CLI_CONFIG_FILE": str(file), "TF_REGISTRY_DISCOVERY_RETRY": "0"}
        # What is downloaded fails at once: the sandbox has no network.
        own |= {
            "TF_REGISTRY_CLIENT_TIMEOUT": "2",
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
        }
        self._environment = {**place.environment, **own}

    @property
    def left_s(self) -> float:
        """How much time is left, in seconds."""
        return max(0.0, self._deadline - time.monotonic())

    def run(self, *arguments: str, share: float = 1.0) -> Run:
        """Return what came of a command.

        Args:
            arguments: The command without ``-json``.
            share: How much of the time that is left it may take.
        """
        told = Run()
        command = [*find_engine(), *arguments, "-json"]
        limit_s = max(1.0, self.left_s * share)
        task = Task(self._place, command, self._folder, self._environment, limit_s)
        began = active = time.monotonic()
        for line in task.lines():
            _take(told, line, self._place)
            if not told.only_waits:
                began = active = time.monotonic()
            elif time.monotonic() - active > self._program_s:
                # Nothing is lost: what AWS has made is in the state already.
                task.end()
        self.waited_s = time.monotonic() - (active if told.only_waits else began)
        told.status, told.is_late = task.status, task.is_late
        return told


@contextmanager
def engine_in(
    place: Workplace, folder: Path, timeout_s: float, program_s: float = LONGEST_WAIT_S
) -> Iterator[Engine]:
    """Hand out Terraform in a folder, for as long as there is time; see `Engine`."""
    with place.scratch() as settings:
        yield Engine(place, folder, settings, timeout_s, program_s)


def _take(told: Run, line: str, place: Workplace) -> None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        told.rest = f"{told.rest}{cleaned(line)}\n"[-MOST_KEPT:]
        return
    kind = event.get("type")
    if kind == "diagnostic":
        _complain(told, _mapping(event.get("diagnostic")))
    elif kind == "planned_change":
        change = _mapping(event.get("change"))
        told.planned.add(_address(change))
    elif isinstance(kind, str) and kind.startswith(("apply_", "provision_")):
        _follow(told, kind, _mapping(event.get("hook")), place)


def _follow(told: Run, kind: str, hook: Mapping[str, Any], place: Workplace) -> None:
    action, address = hook.get("action"), _address(hook)
    if kind in _BEGINS_AND_ENDS:
        name, has_begun = _BEGINS_AND_ENDS[kind]
        held: set[str] = getattr(told, name)
        (held.add if has_begun else held.discard)(address)
    if action not in _CHANGES:
        return
    told.has_begun = True
    if kind == "apply_complete":
        told.changed.add(address)
        place.report(f"  {address}: {action}d")
    elif kind == "apply_errored":
        place.report(f"  {address}: failed")


def _complain(told: Run, diagnostic: Mapping[str, Any]) -> None:
    if diagnostic.get("severity") != "error" or len(told.complaints) >= _MOST_COMPLAINTS:
        return
    where = _mapping(diagnostic.get("range"))
    line = _mapping(where.get("start")).get("line")
    complaint = Complaint(
        summary=_text(diagnostic.get("summary")),
        detail=_text(diagnostic.get("detail")),
        file=_text(where.get("filename")),
        line=line if isinstance(line, int) else 0,
        address=_text(diagnostic.get("address")),
        source=_text(_mapping(diagnostic.get("snippet")).get("code")),
    )
    if PREAMBLE not in complaint.summary:
        told.complaints.append(complaint)


def _address(told: Mapping[str, Any]) -> str:
    return _text(_mapping(told.get("resource")).get("addr"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return cleaned(value).strip() if isinstance(value, str) else ""
