"""The folder of the results: written so that a kill at any moment loses no result."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from lab_utils.grading.batch.errors import BatchError
from lab_utils.grading.pages.names import page_name
from lab_utils.grading.schemas import SchemaError, validate

try:
    import fcntl
except ImportError:  # Windows: two batches into one folder are not told there
    fcntl = None  # type: ignore[assignment]

RESULTS, RUN, TABLE, SIMILARITY = "results.json", "run.json", "grades.csv", "similarity.json"
_ENTRIES, _LOCK = "results", ".lock"


class ResultsFolder:
    """A folder that holds the results of a batch."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read_entries(self) -> dict[str, dict[str, Any]]:
        """Return the results that are there, in their JSON form, by student.

        Raises:
            BatchError: One of them is not what this package writes.
        """
        found: dict[str, dict[str, Any]] = {}
        for file in sorted((self.path / _ENTRIES).glob("*.json")):
            entry = _read(file, "entry")
            found[entry["student"]] = entry
        return found

    def write_entry(self, entry: Mapping[str, Any]) -> None:
        """Write one student's result.

        Raises:
            BatchError: The folder cannot be written to.
            SchemaError: The result is not what it has to be.
        """
        validate("entry", entry)
        name = page_name(entry["student"], ".json")
        self.write(f"{_ENTRIES}/{name}", json_bytes(entry))

    def write_results(self, results: Mapping[str, Any]) -> None:
        """Write all results in one file.

        Args:
            results: Its submissions are entries that were validated when they were read or written.

        Raises:
            BatchError: The folder cannot be written to.
            SchemaError: The results are not what they have to be.
        """
        validate("results", {**results, "submissions": []})
        self.write(RESULTS, json_bytes(results))

    def read_run(self) -> dict[str, Any] | None:
        """Return what the last batch was told, and when it began; None if there was none."""
        file = self.path / RUN
        return _read(file, "run") if file.exists() else None

    def write_run(self, run: Mapping[str, Any]) -> None:
        """Write down what a batch that begins was told.

        Raises:
            BatchError: The folder cannot be written to.
        """
        validate("run", run)
        self.write(RUN, json_bytes(run))

    def write(self, name: str, content: bytes) -> None:
        """Write a file: whoever reads it sees the former one or this one, whole.

        Raises:
            BatchError: The folder cannot be written to.
        """
        file = self.path / name
        fresh = file.with_name(f".{file.name}.new")
        with self._writing():
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                with fresh.open("wb") as opened:
                    opened.write(content)
                    opened.flush()
                    os.fsync(opened.fileno())
                fresh.replace(file)
            except BaseException:
                fresh.unlink(missing_ok=True)
                raise

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BatchError(
                f"write into {self.path}",
                f"{error.strerror or error}",
                "make room there or the right to write; what was graded is kept: then run the "
                "same command with --resume.",
            ) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder, and hold it against a second batch.

        Raises:
            BatchError: It cannot be written to, or another batch writes there.
        """
        with self._writing():
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / _LOCK).open("ab")
        with lock:
            _hold(lock, self.path)
            yield


def _hold(lock: IO[bytes], path: Path) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        hint = "wait until it has ended, or name another folder."
        raise BatchError(f"write into {path}", "Another `lab grade` does so now", hint) from error


def json_bytes(data: Mapping[str, Any]) -> bytes:
    """Return data as a JSON file's content."""
    return json.dumps(data, indent=1).encode() + b"\n"


def _read(file: Path, schema: str) -> dict[str, Any]:
    try:
        data: dict[str, Any] = json.loads(file.read_bytes())
        validate(schema, data)
    except (OSError, ValueError, SchemaError) as error:
        happened = error.happened if isinstance(error, SchemaError) else str(error)
        hint = f"move {file.name} out of the way, or name another --out folder."
        raise BatchError(f"read {file}", happened, hint) from error
    return data
