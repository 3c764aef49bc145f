"""The machine: Python, disk, folder and clock."""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from lab_utils.doctor.symptoms import Symptom, missing, note, ok

OLDEST_PYTHON = (3, 11)
NEEDED_MB, COMFORTABLE_MB = 300, 1500
LONGEST_PATH = 100
_SYNCED = ("onedrive", "dropbox", "google drive", "googledrive", "icloud", "nextcloud")
_MEGABYTE = 1024 * 1024


def examine_python(version: tuple[int, ...] = sys.version_info[:3]) -> Symptom:
    """Return whether this Python is new enough."""
    shown = ".".join(map(str, version))
    if version >= OLDEST_PYTHON:
        return ok("Python", f"{shown} at {sys.executable}")
    return missing(
        "Python",
        f"{shown}, and the lab needs {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer",
        "install a newer one, then make PYTHON=python3.12",
    )


def examine_disk(folder: Path, free_bytes: int | None = None) -> Symptom:
    """Return whether a folder's disk has space for the lab's state and its runs."""
    free = shutil.disk_usage(_existing(folder)).free if free_bytes is None else free_bytes
    free_mb = free // _MEGABYTE
    fix = f"free some space, or set LAB_WORKSPACE to another disk; {COMFORTABLE_MB} MB is plenty"
    if free_mb < NEEDED_MB:
        return missing("disk", f"{free_mb} MB free at {folder}", fix)
    if free_mb < COMFORTABLE_MB:
        return note("disk", f"{free_mb} MB free at {folder}, which is little", fix)
    return ok("disk", f"{free_mb / 1024:.0f} GB free")


def examine_writing(folder: Path) -> Symptom:
    """Return whether the lab can write into its workspace."""
    try:
        with tempfile.TemporaryFile(dir=_existing(folder)):
            return ok("workspace", f"{folder} can be written to")
    except OSError as error:
        return missing(
            "workspace",
            f"{folder} cannot be written to ({error.strerror})",
            "make it yours (chmod, chown), or set LAB_WORKSPACE to a folder that you may write to",
        )


def examine_path(folder: Path) -> Symptom:
    """Return whether the workspace's path is one that no tool stumbles over."""
    text = str(folder)
    faults = []
    if synced := next((name for name in _SYNCED if name in text.lower()), ""):
        faults.append(f"a program keeps it in step with a cloud ({synced})")
    if len(text) > LONGEST_PATH:
        faults.append(f"it has {len(text)} characters, and Windows takes 260 with all below it")
    if " " in text:
        faults.append("it has a blank, over which scripts of your own may stumble")
    if not text.isascii():
        faults.append("it has letters beyond ASCII, over which scripts of your own may stumble")
    if text.startswith("/mnt/") and text[5:7].endswith("/"):
        faults.append("it is a Windows disk seen from Linux, which is slow")
    if not faults:
        return ok("path", text)
    fix = "move the checkout to a short, plain path on this machine's own disk, such as ~/lab"
    return note("path", f"{text}: {'; '.join(faults)}", fix)


def examine_clock(newest: Path, now: datetime | None = None) -> Symptom:
    """Return whether the machine's clock can be right: it is not before the files of the lab.

    Certificates and signatures of AWS are refused when the clock is wrong.
    """
    moment = now or datetime.now(timezone.utc)  # noqa: UP017 (a Python that is too old, too)
    made = datetime.fromtimestamp(newest.stat().st_mtime, timezone.utc)  # noqa: UP017
    shown = f"{moment:%Y-%m-%d %H:%M} UTC"
    if moment >= made:
        return ok("clock", shown)
    return missing(
        "clock",
        f"{shown}, which is before {newest.name} was written ({made:%Y-%m-%d %H:%M})",
        "set the machine's clock (timedatectl set-ntp true)",
    )


def _existing(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.exists())
