"""Small configurations to read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lab_utils.grading.configuration.sources import Sources, find_configuration, read_sources
from lab_utils.grading.workplace import Workplace
from lab_utils.launching import as_it_is


def place_of(workspace: Path) -> Workplace:
    """Return a workspace in which programs run as they are."""
    return Workplace(workspace, as_it_is, {"PATH": "/usr/bin:/bin"}, lambda _line: None)


def write(workspace: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a workspace, and return it."""
    for name, text in files.items():
        path = workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return workspace


def sources_of(workspace: Path, files: Mapping[str, str | bytes]) -> Sources:
    """Return a configuration of these files."""
    folder = find_configuration(write(workspace, files))
    assert folder is not None
    return read_sources(place_of(workspace), folder)


def text_of(sources: Sources, name: str) -> str:
    """Return what a file says now, as it lies in the workspace."""
    return (sources.place.workspace / name).read_text(encoding="utf-8")
