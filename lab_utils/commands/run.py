"""``lab run``: notebooks in batch, in a fresh workspace."""

from __future__ import annotations

import argparse
from dataclasses import replace

from lab_utils.batch import find_notebooks, run_notebooks
from lab_utils.commands.answers import say, settings_of
from lab_utils.embedded import local_control
from lab_utils.errors import SettingsError
from lab_utils.settings import CHECKOUT, Settings
from lab_utils.workspace import seed_workspace


def run(arguments: argparse.Namespace) -> int:
    """Run the notebooks, and return 0 if all passed."""
    notebooks = find_notebooks(CHECKOUT / "notebooks", arguments.names)
    parameters = dict(_parameter(text) for text in arguments.parameter)
    out = CHECKOUT / "runs" / "latest"
    settings = settings_of(arguments)
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


def _fresh_workspace(settings: Settings) -> Settings:
    """Return the settings with a workspace seeded from the checkout, which stays as it is."""
    fresh = replace(settings, workspace=CHECKOUT / "runs" / "workspace")
    if fresh.is_local:
        local_control().stop(fresh)
    seed_workspace(CHECKOUT, fresh.workspace)
    return fresh


def _parameter(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if name.isidentifier() and separator:
        return name, value
    raise SettingsError(
        "read a notebook parameter",
        f"{text!r} is not of the form NAME=VALUE.",
        "write, for instance, -p minutes=60",
    )


def _print_now(line: str) -> None:
    print(line, flush=True)


def _be_quiet(_line: str) -> None:
    """Report nothing: stdout holds one JSON object and no more."""
