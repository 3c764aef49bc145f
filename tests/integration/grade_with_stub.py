"""The command line of ``lab grade``, with the stub for a grader."""

from __future__ import annotations

import functools
import sys

from lab_utils import cli
from lab_utils.commands import grade
from tests.integration.grade_stub import stub


def main() -> int:
    """Run it and return its exit status."""
    grade.grade = functools.partial(grade.grade, grade_submission=stub)
    return cli.main(["grade", *sys.argv[1:]])


if __name__ == "__main__":
    raise SystemExit(main())
