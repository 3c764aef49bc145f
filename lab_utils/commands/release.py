"""``lab release``: the students' version of the workbook."""

from __future__ import annotations

import argparse
from pathlib import Path

from lab_utils.commands.answers import say
from lab_utils.grading.release import write_release
from lab_utils.settings import CHECKOUT


def release(arguments: argparse.Namespace) -> int:
    """Write the students' version as a folder and a zip, and return 0."""
    done = write_release(CHECKOUT, Path(arguments.out), is_forced=arguments.force)
    data = {
        "folder": str(done.folder),
        "zip": str(done.archive),
        "files": done.files,
        "exercises": done.exercises,
        "points": done.points,
    }
    text = (
        f"{done.folder}: {done.files} files; {done.exercises} exercises without their solutions, "
        f"checks for {done.points} points\n{done.archive}: the same, to hand on"
    )
    say(arguments, data, text)
    return 0
