"""What runs a pipeline on this machine: Node.js, gitlab-ci-local, rsync."""

from __future__ import annotations

from collections.abc import Iterator

from lab_utils.doctor.symptoms import Symptom, missing, note, ok
from lab_utils.errors import PipelineError
from lab_utils.pipeline.tools import find_tools
from lab_utils.wheels import kept


def examine_tools() -> Iterator[Symptom]:
    """Yield what part 5 runs its pipeline with."""
    try:
        tools = find_tools()
    except PipelineError as error:
        yield missing("pipeline", error.happened, error.next_step)
        return
    yield ok("pipeline", f"gitlab-ci-local: {' '.join(tools.command)}")
    if tools.has_rsync:
        yield ok("rsync", "on PATH")
    else:
        yield note("rsync", "not on PATH, so a stand-in of the lab takes its place")
    if names := kept():
        yield ok("wheels", f"{len(names)} packages that jobs install are kept")
    else:
        yield note("wheels", "none are kept for want of a network: `lab pipeline wheels`")
