"""What an enclosed program printed: a bounded piece of it, free of control characters."""

from __future__ import annotations

import re
from typing import IO

_READ_BYTES = 1 << 16
_ESCAPES = re.compile(
    r"\x1b\[[0-?]{0,99}[ -/]{0,9}[@-~]"  # colours, movements of the cursor
    r"|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # titles, links, device strings
    r"|\x1b[ -/]{0,9}[0-~]"
    r"|\x9b[0-?]{0,99}[ -/]{0,9}[@-~]"
)
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)


class Kept:
    """The beginning and the end of what is read from a pipe.

    Args:
        most_bytes: How much is kept; what is in the middle is left out.
    """

    def __init__(self, most_bytes: int) -> None:
        self._half = max(most_bytes // 2, 1)
        self._head, self._tail = bytearray(), bytearray()
        self.size = 0

    def read_from(self, pipe: IO[bytes]) -> None:
        """Read a pipe to its end, however much comes; then close it."""
        with pipe:
            while piece := self._next(pipe):
                self.add(piece)

    def add(self, piece: bytes) -> None:
        """Take a piece."""
        self.size += len(piece)
        room = self._half - len(self._head)
        self._head += piece[:room]
        self._tail += piece[max(room, 0) :]
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]

    def text(self) -> str:
        """Return what is kept as clean text, with a line where something was left out."""
        left_out = self.size - len(self._head) - min(len(self._tail), self._half)
        head = bytes(self._head)
        tail = bytes(self._tail[-self._half :])
        if left_out <= 0:
            return clean(head + tail)
        return f"{clean(head)}\n[{left_out} bytes are left out here]\n{clean(tail)}"

    @staticmethod
    def _next(pipe: IO[bytes]) -> bytes:
        try:
            return pipe.read1(_READ_BYTES)  # type: ignore[attr-defined, no-any-return]
        except (OSError, ValueError):
            return b""


def clean(data: bytes | str) -> str:
    """Return text that does nothing to a terminal or a page, as it would have stood on a screen.

    Escape sequences are left out with all that they enclose; of a line that was written over by
    a carriage return the last state stays; other control characters, and those that turn the
    direction of writing, are shown as ``\\xNN`` or ``\\uNNNN``.
    """
    encoded = data.encode("utf-8", "replace") if isinstance(data, str) else data
    text = encoded.decode("utf-8", "replace")
    lines = (_last_state(line) for line in _ESCAPES.sub("", text).split("\n"))
    return _UNSEEN.sub(_shown, "\n".join(lines))


def _last_state(line: str) -> str:
    """Return what stands in a line in the end; a carriage return goes back to its beginning."""
    return line.rstrip("\r").rpartition("\r")[2]


def _shown(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
