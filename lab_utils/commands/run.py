"""``lab run``: notebooks in batch, in a fresh workspace."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from lab_utils.batch import find_notebooks, run_notebooks
from lab_utils.commands.answers import say
from lab_utils.embedded import local_control
from lab_utils.parameters import (
    describe_parameters,
    notebook_parameters,
    read_assignments,
    share_parameters,
)
from lab_utils.settings import CHECKOUT, Settings, read_settings
from lab_utils.workspace import seed_workspace


def run(arguments: argparse.Namespace) -> int:
    """Run the notebooks, and return 0 if all passed; or only list their parameters."""
    notebooks = find_notebooks(CHECKOUT / "notebooks", arguments.names)
    if arguments.list:
        return _list_parameters(arguments, notebooks)
    given = read_assignments(arguments.parameter)
    settings = _chosen_settings(arguments, given)
    parameters = share_parameters(notebooks, given, settings)
    out = CHECKOUT / "runs" / "latest"
    if arguments.workspace is None:
        settings = _fresh_workspace(settings)
    report = _be_quiet if arguments.json else _print_now
    try:
        done = run_notebooks(notebooks, settings, out, parameters, report)
    finally:
        if settings.is_local:
            local_control().stop(settings)
    say(arguments, done.to_json(), f"{done.seconds:.1f} s in all; open {out / 'index.html'}")
    return 0 if done.has_passed else 1


def _chosen_settings(arguments: argparse.Namespace, given: dict[str, str]) -> Settings:
    """Return the settings; ``-p target=aws`` and ``-p speed=30`` choose as the options do."""
    target, speed = given.get("target", arguments.target), given.get("speed", arguments.speed)
    return read_settings(target=target, workspace=arguments.workspace, speed=speed)


def _list_parameters(arguments: argparse.Namespace, notebooks: list[Path]) -> int:
    declared = {path: notebook_parameters(path) for path in notebooks}
    data = [
        {"name": path.stem, "parameters": [one.to_json() for one in parameters]}
        for path, parameters in declared.items()
    ]
    texts = [describe_parameters(path, parameters) for path, parameters in declared.items()]
    say(arguments, {"notebooks": data}, "\n".join(texts))
    return 0


def _fresh_workspace(settings: Settings) -> Settings:
    """Return the settings with a workspace seeded from the checkout, which stays as it is."""
    fresh = replace(settings, workspace=CHECKOUT / "runs" / "workspace")
    if fresh.is_local:
        local_control().stop(fresh)
    seed_workspace(CHECKOUT, fresh.workspace)
    return fresh


def _print_now(line: str) -> None:
    print(line, flush=True)


def _be_quiet(_line: str) -> None:
    """Report nothing: stdout holds one JSON object and no more."""
