"""Python and the pinned packages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement

from lab_utils.doctor.symptoms import Symptom, missing, note, ok

_SHOWN = 5
_INSTALL = "make (or: python -m pip install -r requirements.lock)"


def installed_version(name: str) -> str | None:
    """Return the installed version of a distribution, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def examine_packages(
    lock: Path, installed: Callable[[str], str | None] = installed_version
) -> Symptom:
    """Return whether the packages of a lock file are there, in its versions.

    Args:
        lock: ``requirements.lock``; what its markers exclude for this Python is not asked for.
        installed: Tells a distribution's installed version.
    """
    if not lock.exists():
        return note("packages", f"{lock.name} is not here, so versions cannot be compared")
    pinned = list(_pinned(lock.read_text(encoding="utf-8").splitlines()))
    there = {name: installed(name) for name, _wanted in pinned}
    absent = [f"{name} {wanted}" for name, wanted in pinned if there[name] is None]
    other = [
        f"{name} {there[name]} instead of {wanted}"
        for name, wanted in pinned
        if there[name] not in (None, wanted)
    ]
    if absent:
        return missing("packages", f"{len(absent)} not installed: {_some(absent)}", _INSTALL)
    if other:
        return note("packages", f"{len(other)} of another version: {_some(other)}", _INSTALL)
    return ok("packages", f"{len(pinned)} as {lock.name} pins them")


def _pinned(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if re.match(r"[A-Za-z0-9]", line):
            requirement = Requirement(line.rstrip("\\ "))
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement.name, str(requirement.specifier).removeprefix("==")


def _some(texts: list[str]) -> str:
    rest = len(texts) - _SHOWN
    return ", ".join(texts[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
