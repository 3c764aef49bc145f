"""An embedded AWS of a benchmark's own, in a workspace that is removed afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from lab_utils.embedded import local_control
from lab_utils.settings import Settings, read_settings
from lab_utils.targets import LocalTarget


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield an empty folder, which is removed with all that is in it."""
    with tempfile.TemporaryDirectory(prefix="lab-bench-") as folder:
        yield Path(folder)


@contextmanager
def temporary_workspace() -> Iterator[Settings]:
    """Yield the settings of an empty workspace; whatever runs in it is stopped at the end."""
    with temporary_folder() as folder:
        settings = read_settings(workspace=folder / "workspace", environ={})
        settings.workspace.mkdir()
        try:
            yield settings
        finally:
            local_control().stop(settings)


def start(settings: Settings) -> LocalTarget:
    """Return the embedded AWS of a workspace, started if need be."""
    return LocalTarget(settings, None, _be_quiet)


def stop(settings: Settings) -> None:
    """Stop the embedded AWS of a workspace; what it stored stays."""
    local_control().stop(settings)


def process(settings: Settings) -> psutil.Process:
    """Return the process of the embedded AWS that runs in a workspace."""
    return psutil.Process(local_control().find(settings).pid)


def _be_quiet(_line: Any) -> None:
    """Where it runs is of no interest here."""
