"""``lab check``: the checks on the workspace."""

from __future__ import annotations

import argparse
import sys

from lab_utils.commands.answers import say, settings_of
from lab_utils.session import Lab


def check(arguments: argparse.Namespace) -> int:
    """Run the checks, and return 0 if every point was earned."""
    settings = settings_of(arguments)
    lab = Lab(
        settings.target,
        settings.workspace,
        report=lambda line: print(line, file=sys.stderr),
    )
    results = lab.checks(arguments.part)
    say(arguments, results.to_json(), results.to_text())
    return 0 if results.earned == results.points else 1
