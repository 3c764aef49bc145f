"""What a failed Terraform command tells the reader: its own diagnostics, and the way on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from lab_utils.errors import TerraformError
from lab_utils.terraform_events import Diagnostic, Outcome, render_diagnostic
from lab_utils.terraform_steps import GIVEN_FILES, next_steps

_MOST_SHOWN = 5
_PREAMBLE = "encountered problems during initiali"
"""Begins what ``init`` says before the errors of files that it cannot read."""


def explain(
    attempted: str,
    outcome: Outcome,
    stderr: str,
    folder: Path,
    supported: Callable[[str], list[str]],
) -> TerraformError:
    """Return the error of a failed command.

    The errors stand in the order of the files, those of the given files last: what is wrong
    there follows from what the student's own files say, or do not say.

    Args:
        attempted: What the lab tried to do.
        outcome: What Terraform reported.
        stderr: What it printed besides.
        folder: The folder of the configuration.
        supported: Returns the supported types of a kind, ``resource`` or ``data_source``.
    """
    errors = [one for one in outcome.errors if _PREAMBLE not in one["summary"]]
    if errors and len(errors) < len(outcome.errors):
        attempted = "read the Terraform files"
    errors = sorted(errors or outcome.errors, key=_place)
    shown = [_render(same, folder) for same in _merged(errors)]
    if len(shown) > _MOST_SHOWN:
        shown[_MOST_SHOWN:] = [f"... and {len(shown) - _MOST_SHOWN} more errors."]
    step = next_steps(errors, folder, supported)
    return TerraformError(attempted, "\n\n".join(shown or [stderr.strip()]), step, tuple(errors))


def _place(diagnostic: Diagnostic) -> tuple[bool, str, int]:
    where = diagnostic.get("range")
    if not where:
        return (False, "", 0)
    return (where["filename"] in GIVEN_FILES, where["filename"], where["start"]["line"])


def _merged(errors: Iterable[Diagnostic]) -> list[list[Diagnostic]]:
    """Return the errors with those together that say the same of the same resource."""
    found: dict[tuple[Any, ...], list[Diagnostic]] = {}
    for one in errors:
        key = (one["summary"], one.get("detail"), one.get("address"))
        found.setdefault(key, []).append(one)
    return list(found.values())


def _render(same: list[Diagnostic], folder: Path) -> str:
    first, *others = (_place(one)[1:] for one in same)
    text = render_diagnostic(same[0], folder)
    places = sorted({place for place in others if place != first and all(place)})
    if not places:
        return text
    files = (
        _lines_of(name, [line for _name, line in group])
        for name, group in groupby(places, key=lambda place: place[0])
    )
    return f"{text}\n(also {', '.join(files)})"


def _lines_of(name: str, lines: list[int]) -> str:
    return f"{name} line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}"
