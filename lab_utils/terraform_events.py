"""Terraform's machine-readable events (``-json``), turned into lines for a reader.

Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab_utils.configuration import cell_line

Event = dict[str, Any]
Diagnostic = dict[str, Any]

_DONE = {"create": "created", "update": "changed", "delete": "destroyed", "read": "read"}
_DOING = {
    "create": "creating",
    "update": "changing",
    "delete": "destroying",
    "read": "reading",
}
_PLANNED = {
    "create": "will be created",
    "update": "will be changed in place",
    "delete": "will be destroyed",
    "replace": "will be replaced",
    "remove": "will be forgotten",
    "import": "will be imported",
    "read": "will be read",
}


@dataclass
class Outcome:
    """What a run of Terraform reported.

    Attributes:
        counts: ``add``, ``change``, ``remove`` as Terraform counted them.
        planned: Address and action of every planned change, in order.
        drifted: Addresses whose real object is not as Terraform left it, each with what
            happened to it: ``update`` or ``delete``.
        outputs: Output name to ``{"value": ..., "sensitive": ...}``.
        diagnostics: Warnings and errors, in order.
    """

    counts: dict[str, int] = field(default_factory=lambda: {"add": 0, "change": 0, "remove": 0})
    planned: list[tuple[str, str]] = field(default_factory=list)
    drifted: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def errors(self) -> list[Diagnostic]:
        """The diagnostics that are errors."""
        return [one for one in self.diagnostics if one["severity"] == "error"]


def follow(events: Iterable[Event], report: Callable[[str], None]) -> Outcome:
    """Return what a run did, and report each step as it comes.

    Args:
        events: The events of one command, in order.
        report: Takes one line for the reader.
    """
    outcome = Outcome()
    for event in events:
        _note(event, outcome)
        line = _line(event)
        if line:
            report(line)
    return outcome


def _note(event: Event, outcome: Outcome) -> None:
    kind = event["type"]
    if kind == "diagnostic":
        outcome.diagnostics.append(event["diagnostic"])
    elif kind == "planned_change":
        change = event["change"]
        outcome.planned.append((change["resource"]["addr"], change["action"]))
    elif kind == "resource_drift":
        change = event["change"]
        outcome.drifted[change["resource"]["addr"]] = change["action"]
    elif kind == "change_summary":
        outcome.counts = {name: event["changes"][name] for name in outcome.counts}
    elif kind == "outputs":
        outcome.outputs = event["outputs"]


def planned_lines(outcome: Outcome) -> list[str]:
    """Return what a plan shows of each change, sorted by address.

    Terraform reports the changes in whatever order it comes upon them. It also reports as drift
    what another resource of the same configuration has changed, such as a role whose policy is
    a resource of its own; only drift that leads to a change is worth a line.
    """
    return [
        f"  {address} {_planned_words(action, outcome.drifted.get(address))}"
        for address, action in sorted(outcome.planned)
    ]


def _planned_words(action: str, drift: str | None) -> str:
    words = _PLANNED.get(action, action)
    if drift is None:
        return words
    if drift == "delete":
        again = " again" if action == "create" else ""
        return f"was deleted outside of Terraform and {words}{again}"
    if action == "update":
        words = "will be changed to what the files say"
    return f"was changed outside of Terraform and {words}"


def _line(event: Event) -> str:
    kind, hook = event["type"], event.get("hook", {})
    if hook.get("action") in ("noop", "read", None):
        return ""
    address = hook["resource"]["addr"]
    if kind == "apply_progress":
        return f"  {address}: {_DOING[hook['action']]}, {hook['elapsed_seconds']} s so far"
    if kind == "apply_complete":
        return f"  {address}: {_DONE[hook['action']]}"
    if kind == "apply_errored":
        return f"  {address}: failed"
    return ""


def render_diagnostic(diagnostic: Diagnostic, folder: Path | None = None) -> str:
    """Return a diagnostic as Terraform prints it: what, where, the line, the explanation.

    Args:
        diagnostic: Of a ``diagnostic`` event.
        folder: The folder of the configuration; with it the place names a cell's line too.
    """
    title = f"{diagnostic['severity'].capitalize()}: {diagnostic['summary']}"
    parts = [title, *_location(diagnostic, folder)]
    detail = diagnostic.get("detail", "").strip()
    if detail:
        parts += ["", detail]
    return "\n".join(parts)


def _location(diagnostic: Diagnostic, folder: Path | None) -> list[str]:
    lines: list[str] = []
    if address := diagnostic.get("address"):
        lines += ["", f"  with {address},"]
    where, snippet = diagnostic.get("range"), diagnostic.get("snippet")
    if not where:
        return lines
    context = f", in {snippet['context']}" if snippet and snippet.get("context") else ""
    number = where["start"]["line"]
    cell = cell_line(folder / where["filename"], number) if folder else None
    of_cell = f" (line {cell} of the cell)" if cell else ""
    lines += [] if lines else [""]
    lines.append(f"  on {where['filename']} line {number}{of_cell}{context}:")
    if snippet:
        start = snippet.get("start_line", number)
        code = snippet["code"].splitlines()
        lines += [f"  {start + offset:4}: {text}" for offset, text in enumerate(code)]
        lines += [f"        {_known_value(value)}" for value in snippet.get("values") or []]
    return lines


def _known_value(value: dict[str, str]) -> str:
    return f"({value['traversal']} {value['statement']})"
