"""Names of files as submissions write them, made into paths that are safe to write.

What a path may be: relative, with slashes, of names that are neither empty nor ``.`` nor ``..``,
without control characters, in Unicode's composed form (NFC), within the limits of length and
depth. Back-slashes are slashes: zips made on Windows have them.
"""

from __future__ import annotations

import re
import unicodedata

from lab_utils.grading.submissions.limits import ReadingLimits

_DRIVE = re.compile(r"[A-Za-z]:")


class UnfitNameError(ValueError):
    """A name under which nothing is taken; its text goes on from "Left out, ..."."""


def safe_path(name: str, limits: ReadingLimits) -> str:
    """Return a name of an archive or a folder as a relative path with slashes.

    Raises:
        UnfitNameError: It is absolute, leads out, or is too long, too deep or no text.
    """
    if any(unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"} for one in name):
        raise UnfitNameError("since the name holds control characters")
    path = unicodedata.normalize("NFC", name).replace("\\", "/")
    if path.startswith("/") or _DRIVE.match(path):
        raise UnfitNameError("since the name is an absolute path")
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise UnfitNameError("since the name leads out of the submission")
    if not parts:
        raise UnfitNameError("since there is no name")
    _require_short(parts, limits)
    return "/".join(parts)


def _require_short(parts: list[str], limits: ReadingLimits) -> None:
    lengths = [len(part.encode()) for part in parts]
    if max(lengths) > limits.name_bytes or sum(lengths) + len(parts) > limits.path_bytes:
        raise UnfitNameError("since the name is too long")
    if len(parts) > limits.depth:
        raise UnfitNameError(f"since it lies more than {limits.depth} folders deep")


def readable_name(name: str, raw: bytes) -> str:
    """Return a name whose bytes are of unknown encoding: UTF-8 if they are that, else as Windows.

    Args:
        name: As it was decoded by guess.
        raw: Its bytes.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        kept = any(unicodedata.category(one) == "Cs" for one in name)
        return raw.decode("cp1252", "replace") if kept else name
