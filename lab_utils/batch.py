"""The notebooks in batch: papermill, one process a notebook, in a fresh workspace."""

from __future__ import annotations

import html
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nbformat

from lab_utils.errors import SettingsError
from lab_utils.pages import write_page
from lab_utils.parameters import papermill_arguments
from lab_utils.settings import Settings, base_environment


@dataclass(frozen=True)
class NotebookResult:
    """How one notebook ended.

    Attributes:
        name: The notebook's name without its ending.
        status: ``passed``, ``failed`` or ``skipped`` (an earlier one failed).
        seconds: Wall time.
        error: Empty, or the failed cell's number and its error.
    """

    name: str
    status: str
    seconds: float
    error: str


@dataclass(frozen=True)
class BatchRun:
    """A run of several notebooks; ``seconds`` is its wall time."""

    notebooks: tuple[NotebookResult, ...]
    seconds: float
    target: str
    speed: int

    @property
    def has_passed(self) -> bool:
        """Whether every notebook passed."""
        return all(one.status == "passed" for one in self.notebooks)

    def to_json(self) -> dict[str, Any]:
        """Return the object of ``summary.json``."""
        return asdict(self)


def find_notebooks(folder: Path, names: Sequence[str]) -> list[Path]:
    """Return the notebooks to run, in the order of their numbers.

    Args:
        folder: The folder of the notebooks.
        names: Names or their beginnings, such as ``02``; all when there are none.

    Raises:
        SettingsError: A name that fits no notebook.
    """
    present = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    unknown = [name for name in names if not any(p.stem.startswith(name) for p in present)]
    if unknown or not present:
        raise SettingsError(
            f"run the notebooks {', '.join(names) or 'of the workbook'}",
            f"There is no notebook {', '.join(unknown) or ''} in {folder}.",
            f"choose from: {', '.join(path.stem for path in present) or 'none'}.",
        )
    return [p for p in present if not names or any(p.stem.startswith(name) for name in names)]


def run_notebooks(
    notebooks: Iterable[Path],
    settings: Settings,
    out: Path,
    parameters: Mapping[Path, Mapping[str, Any]],
    report: Callable[[str], None] = print,
) -> BatchRun:
    """Run notebooks in order and return how they ended.

    Leaves in ``out`` the executed notebooks, their HTML, ``index.html`` and ``summary.json``. The
    first one that fails ends the run, since later parts stand on earlier ones.

    Args:
        notebooks: The notebooks, in order.
        settings: Target, region, speed and the workspace that they work in.
        out: The folder of what the run leaves; emptied first.
        parameters: Each notebook's papermill parameters; see `share_parameters`.
        report: Takes a line per notebook.
    """
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    started = time.monotonic()
    results: list[NotebookResult] = []
    for path in notebooks:
        if any(one.status != "passed" for one in results):
            result = NotebookResult(path.stem, "skipped", 0.0, "")
        else:
            result = _run_notebook(path, settings, out, parameters.get(path, {}))
        results.append(result)
        report(_progress_line(result))
    run = BatchRun(
        tuple(results), round(time.monotonic() - started, 1), settings.target, settings.speed
    )
    (out / "summary.json").write_text(json.dumps(run.to_json(), indent=2) + "\n", encoding="utf-8")
    (out / "index.html").write_text(_index_page(run), encoding="utf-8")
    return run


def _run_notebook(
    path: Path, settings: Settings, out: Path, parameters: Mapping[str, Any]
) -> NotebookResult:
    executed, log = out / path.name, out / f"{path.stem}.log"
    command = [sys.executable, "-m", "lab_utils.notebook_worker", str(path), str(executed)]
    command += ["--no-progress-bar", "--cwd", str(path.parent), *papermill_arguments(parameters)]
    started = time.monotonic()
    with log.open("w", encoding="utf-8") as stream:
        code = subprocess.call(command, env=_environment(settings), stdout=stream, stderr=stream)
    seconds = round(time.monotonic() - started, 1)
    error = "" if code == 0 else _found_error(executed, log)
    if executed.exists():
        write_page(executed)
    return NotebookResult(path.stem, "failed" if error else "passed", seconds, error)


def _environment(settings: Settings) -> dict[str, str]:
    own = {
        "LAB_TARGET": settings.target,
        "LAB_WORKSPACE": str(settings.workspace),
        "LAB_SPEED": str(settings.speed),
    }
    # The notebooks' folder is their working directory; a debugger's notice about frozen modules
    # would stand on stderr of every one of them.
    return {**base_environment(), **own, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def _found_error(executed: Path, log: Path) -> str:
    """Return the failed cell and its error from the executed copy, else the log's last lines."""
    if executed.exists():
        book = nbformat.read(executed, as_version=4)
        for number, cell in enumerate(book.cells, start=1):
            for output in cell.get("outputs", []):
                if output["output_type"] == "error":
                    return f"cell {number} ({cell.id}): {output['ename']}: {output['evalue']}"
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return "\n".join(lines[-5:]) or "papermill ended without a message"


def _progress_line(result: NotebookResult) -> str:
    line = f"{result.name}: {result.status} ({result.seconds:.1f} s)"
    return f"{line}\n  {result.error}" if result.error else line


def _index_page(run: BatchRun) -> str:
    rows = "\n".join(
        f'<tr><td><a href="{one.name}.html">{html.escape(one.name)}</a></td><td>{one.status}</td>'
        f"<td>{one.seconds:.1f} s</td><td><pre>{html.escape(one.error)}</pre></td></tr>"
        for one in run.notebooks
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Practical AWS IoT Core: a run</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body {{ font-family: system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
padding: 0 1rem; overflow-wrap: anywhere }} td:nth-child(3) {{ min-width: 4rem }}
td, th {{ text-align: left; padding: .4rem 1rem .4rem 0; vertical-align: top }}
@media (max-width: 40rem) {{ td, th {{ padding-right: .5rem }} }}
pre {{ white-space: pre-wrap; margin: 0 }}</style></head>
<body><h1>Practical AWS IoT Core</h1>
<p>Target {run.target}, speed {run.speed}, {run.seconds:.1f} s in all.</p>
<table><thead><tr><th>Notebook</th><th>Result</th><th>Time</th><th>Error</th></tr></thead>
<tbody>{rows}</tbody></table></body></html>
"""
