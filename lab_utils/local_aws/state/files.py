"""Checked state files: whole and unchanged, or recognised as damaged and set aside."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

from lab_utils.local_aws.session_file import write_private

SUFFIX = ".state"
_FORMAT = 1
_log = logging.getLogger(__name__)


class DamagedStateError(Exception):
    """A state file that is not what was written."""


def write_state(path: Path, payload: bytes) -> None:
    """Write a payload under a line that says how long it is and what its digest is."""
    header = {"format": _FORMAT, "bytes": len(payload), "sha256": digest_of(payload)}
    write_private(path, json.dumps(header).encode() + b"\n" + payload)


def read_state(path: Path) -> bytes:
    """Return the payload of a state file.

    Raises:
        DamagedStateError: It is cut off, changed, or of another format.
    """
    line, _, payload = path.read_bytes().partition(b"\n")
    try:
        header = json.loads(line)
        expected = (header["format"], header["bytes"], header["sha256"])
    except (ValueError, TypeError, KeyError) as error:
        raise DamagedStateError("its first line is not a state file's header") from error
    if expected[0] != _FORMAT:
        raise DamagedStateError(f"its format is {expected[0]}; this version reads {_FORMAT}")
    if expected[1] != len(payload):
        raise DamagedStateError(f"it holds {len(payload)} bytes of {expected[1]}")
    if expected[2] != digest_of(payload):
        raise DamagedStateError("its content is not what was written")
    return payload


def state_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the name and the path of every state file, after removing unfinished writes."""
    for leftover in folder.glob("*.tmp"):
        _log.info("%s: removed, a write that a kill cut short; the file before it stands", leftover)
        leftover.unlink(missing_ok=True)
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        yield path.name.removesuffix(SUFFIX), path


def set_aside(path: Path, reason: object) -> str:
    """Rename a damaged file, and return the sentence that reports it."""
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}")
    path.replace(aside)
    report = f"{path.name} was damaged ({reason}); it is kept as {aside.name}, the rest was loaded"
    _log.error("%s", report)
    return report


def digest_of(payload: bytes) -> str:
    """Return the digest by which a payload is recognised."""
    return hashlib.sha256(payload).hexdigest()
