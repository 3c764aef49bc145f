"""Runs nbval again and again with other parameters, and says which cells print something else.

Whatever may vary must not change what is compared. Each run has a fresh workspace, and copies of
the notebooks with the drawn values of those parameters that they have::

    .venv/bin/python ci/compare_seeds.py --runs 10
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from lab_utils.environment import clean_environment
from lab_utils.parameters import notebook_parameters
from lab_utils.settings import read_settings

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
DRAWS: dict[str, Callable[[random.Random], Any]] = {
    "seed": lambda dice: dice.randrange(100_000),
    "minutes": lambda dice: dice.randint(10, 14),
    "start_c": lambda dice: round(dice.uniform(28, 34), 1),
    "on_above_c": lambda dice: round(dice.uniform(30, 36), 1),
    "off_below_c": lambda dice: round(dice.uniform(19, 24), 1),
}
"""What may vary, and between which values."""


def copy_notebooks(folder: Path, values: dict[str, Any]) -> list[Path]:
    """Write the notebooks into a folder, each with those of the values that it has."""
    folder.mkdir()
    copies = []
    for source in NOTEBOOKS:
        declared = {one.name for one in notebook_parameters(source)}
        own = {name: value for name, value in values.items() if name in declared}
        book = load_notebook_node(str(source))
        nbformat.write(parameterize_notebook(book, own) if own else book, folder / source.name)
        copies.append(folder / source.name)
    return copies


def run_nbval(folder: Path, values: dict[str, Any]) -> list[str]:
    """Run nbval with values for the parameters, and return the cells that failed."""
    workspace, report = folder / "workspace", folder / "junit.xml"
    copies = copy_notebooks(folder / "notebooks", values)
    settings = read_settings(target="local", workspace=workspace)
    own = {"LAB_TARGET": "local", "LAB_WORKSPACE": str(workspace), "PYTHONPATH": str(ROOT)}
    environment = {**clean_environment(settings, {}), **own}
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(ROOT / "ci" / "nbval.ini")]
    command += [f"--junit-xml={report}", *map(str, copies)]
    subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)
    stop = [sys.executable, "-m", "lab_utils.cli", "stop"]
    subprocess.run(stop, env=environment, check=True, stdout=subprocess.DEVNULL)
    return failed_cells(report)


def failed_cells(report: Path) -> list[str]:
    """Return the names of the tests that failed, as a JUnit file has them."""
    cases = ElementTree.parse(report).getroot().iter("testcase")
    bad = [one for one in cases if one.find("failure") is not None or one.find("error") is not None]
    return [f"{Path(one.get('classname', '')).name} {one.get('name')}" for one in bad]


def main() -> int:
    """Run it as often as asked for; return 1 if a cell printed something else."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--first", type=int, default=1, help="number of the first run")
    arguments = parser.parse_args()
    failed: Counter[str] = Counter()
    for number in range(arguments.first, arguments.first + arguments.runs):
        dice = random.Random(number)
        values = {name: draw(dice) for name, draw in DRAWS.items()}
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            cells = run_nbval(Path(folder), values)
        failed.update(cells)
        print(f"run {number}: {values}, {time.monotonic() - started:.0f} s", flush=True)
        for cell in cells:
            print(f"  differs: {cell}", flush=True)
    print(f"{arguments.runs} runs; {len(failed)} cells differed: {dict(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
