"""``lab destroy``: everything that the practical made, and the proof that it is gone."""

from __future__ import annotations

import argparse
import sys

from lab_utils.commands.answers import print_json, settings_of
from lab_utils.errors import SettingsError
from lab_utils.session import Lab

_WORD = "yes"


def destroy(arguments: argparse.Namespace) -> int:
    """Destroy after a preview and a yes; return 0 if nothing of the practical is left.

    Raises:
        TerraformError: With Terraform's own diagnostics, and what stands in the way.
        SettingsError: Nobody said yes.
    """
    settings = settings_of(arguments)
    report = _say_beside if arguments.json else _say
    teardown = Lab(settings.target, settings.workspace, report=report).teardown()
    seen = teardown.preview()
    for line in seen.lines(with_leftovers=arguments.leftovers):
        report(line)
    if arguments.dry_run:
        if arguments.json:
            print_json(seen.to_json())
        return 0
    if not arguments.yes:
        _require_yes(has_json=arguments.json)
    proof = teardown.destroy(seen, with_leftovers=arguments.leftovers)
    if arguments.json:
        print_json(proof.to_json())
    return 0 if proof.survey.is_clean else 1


def _say(line: str) -> None:
    print(line, flush=True)


def _say_beside(line: str) -> None:
    """Print a line of progress where stdout is for the answer alone."""
    print(line, file=sys.stderr, flush=True)


def _require_yes(*, has_json: bool) -> None:
    """Make sure that a person wants it.

    Raises:
        SettingsError: Nobody said yes.
    """
    answer = ""
    if not has_json:
        print(f"Destroy it all? Only '{_WORD}' does: ", end="", flush=True)
        answer = sys.stdin.readline().strip()
    if answer != _WORD:
        raise SettingsError(
            "destroy the resources",
            f"Nobody answered {_WORD}, so nothing was destroyed.",
            f"run it again and answer {_WORD}, or say --yes on the command line.",
        )
