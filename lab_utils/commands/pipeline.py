"""pipeline lint, run, install and wheels: the GitLab pipeline from a shell."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from lab_utils.commands.answers import print_json, settings_of
from lab_utils.pipeline.pipeline import Pipeline
from lab_utils.pipeline.runs import PipelineRun
from lab_utils.pipeline.tools import install as install_runner
from lab_utils.session import Lab
from lab_utils.wheels import FOLDER
from lab_utils.wheels import get as get_wheels


def lint(arguments: argparse.Namespace) -> int:
    """Print what is wrong with the pipeline file; the status is 1 if there are errors."""
    found = Pipeline(settings_of(arguments), dict, _spoken(arguments)).lint(arguments.file)
    if arguments.json:
        problems = [asdict(problem) for problem in found.problems]
        print_json({"valid": found.is_valid, "problems": problems, "facts": asdict(found.facts)})
    return 0 if found.is_valid else 1


def run(arguments: argparse.Namespace) -> int:
    """Run the pipeline on this machine; the status is 1 if a job failed."""
    settings = settings_of(arguments)
    lab = Lab(settings.target, settings.workspace, report=_spoken(arguments))
    done = lab.pipeline.run(arguments.file, branch=arguments.branch)
    if arguments.json:
        print_json(_answer(done))
    return 0 if done.has_passed else 1


def install(arguments: argparse.Namespace) -> int:
    """Install what runs a pipeline on this machine, beside this Python's packages."""
    program = install_runner(_spoken(arguments))
    if arguments.json:
        print_json({"program": str(program)})
    return 0


def wheels(arguments: argparse.Namespace) -> int:
    """Get the packages that package scripts and jobs install where there is no network."""
    names = get_wheels(_spoken(arguments))
    if arguments.json:
        print_json({"folder": str(FOLDER), "wheels": names})
    return 0


def _answer(done: PipelineRun) -> dict[str, Any]:
    return {
        "passed": done.has_passed,
        "seconds": round(done.seconds, 2),
        "branch": done.branch,
        "jobs": [asdict(job) for job in done.jobs],
        "artifacts": [str(path) for path in done.artifacts],
        "code_sha256": done.code_sha256,
    }


def _spoken(arguments: argparse.Namespace) -> Callable[[str], None]:
    return _aside if arguments.json else print


def _aside(line: str) -> None:
    """Print a line where it is in nobody's way: stdout holds the answer alone."""
    print(line, file=sys.stderr)
