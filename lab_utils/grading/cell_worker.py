"""The grader inside a cell: ``python -m lab_utils.grading.cell_worker ORDER.json``."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import IO

from lab_utils.grading.sandbox.enclosure import enter
from lab_utils.grading.verification.cell import grade_in_cell, shown_folders
from lab_utils.grading.verification.events import Teller
from lab_utils.grading.verification.order import Order


def main() -> None:
    """Grade what the order names, tell it on standard output, and end the process."""
    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    enclosure = enter(told["cell"])
    teller = Teller(_own_output(), shown_folders(enclosure.paths))
    grade_in_cell(enclosure, Order.from_json(told["order"]), teller)
    # A check that did not end has a thread that nobody waits for.
    sys.stderr.flush()
    os._exit(0)


def _own_output() -> IO[str]:
    """Return the standard output, which from now on nobody else in this process prints to."""
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return stream


if __name__ == "__main__":
    main()
