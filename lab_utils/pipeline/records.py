"""What is kept of a workspace's runs: in memory what they came to, on disk their artifacts."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from lab_utils.pipeline.runs import PipelineRun

KEPT_RUNS = 10
_KEY = "pipeline-runs"


class Records:
    """The runs of a workspace, as far as this process has made them.

    What a file says counts for nothing: a student could write it.

    Args:
        folder: Where the artifacts are kept; one folder a run, named by its time.
        memory: Keeps the runs.
    """

    def __init__(self, folder: Path, memory: MutableMapping[str, Any]) -> None:
        self._folder = folder
        self._memory = memory

    def new_folder(self) -> Path:
        """Return a new run's folder, and throw away those of all but the newest runs.

        Two runs that start at once have two.
        """
        needed = {path.parents[2] for run in self._runs() for path in run.artifacts}
        for old in sorted(self._folder.glob("*"), reverse=True)[KEPT_RUNS - 1 :]:
            if old not in needed:
                shutil.rmtree(old, ignore_errors=True)
        while True:
            place = self._folder / f"{time.time_ns():020d}"
            with contextlib.suppress(FileExistsError):
                place.mkdir(parents=True)
                return place

    def save(self, run: PipelineRun) -> None:
        """Keep a run: the newest one, and the newest one that deployed."""
        deployed = [one for one in self._runs() if one.has_deployed]
        self._memory[_KEY] = [run, *([] if run.has_deployed else deployed[:1])]

    def last(self, *, deployed: bool) -> PipelineRun | None:
        """Return the newest run; with ``deployed``, the newest whose deploy job passed."""
        return next((run for run in self._runs() if run.has_deployed or not deployed), None)

    def _runs(self) -> list[PipelineRun]:
        return list(self._memory.get(_KEY, []))
