"""The names of files that are called after a student."""

from __future__ import annotations

import hashlib
import re

_PLAIN = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_LONGEST = 60
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
"""Devices of Windows, whatever stands behind the dot."""


def page_name(student: str, suffix: str = ".html") -> str:
    """Return the name of a student's file: safe in any file system, and no other student's.

    A plain name stays as it is. Any other is spelled in plain characters and gets a mark made of
    the whole name, after a ``~``, which no plain name has; so capitals count, too, where the file
    system does not tell them from small letters.

    Args:
        student: Any text.
        suffix: The end of the file's name.
    """
    if len(student) <= _LONGEST and _PLAIN.fullmatch(student) and not _RESERVED.match(student):
        return student + suffix
    plain = re.sub(r"[^a-z0-9]+", "-", student.lower()).strip("-")[:_LONGEST].strip("-")
    mark = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{plain or 'student'}~{mark}{suffix}"
