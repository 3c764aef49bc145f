"""``lab mutants``: which mistakes in a function its tests notice."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from lab_utils.commands.answers import say, settings_of
from lab_utils.mutants import score_tests
from lab_utils.workspace import lambda_folder


def mutants(arguments: argparse.Namespace) -> int:
    """Score a function's tests, and return 0 if they notice every mutant."""
    workspace = settings_of(arguments).workspace
    score = score_tests(Path(arguments.folder) if arguments.folder else lambda_folder(workspace))
    say(arguments, asdict(score), "\n".join(score.lines()))
    return 0 if score.is_green and not score.survivors else 1
