"""The frames that the embedded AWS and a function's process send each other through pipes.

Both sides use this module.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Callable
from typing import NamedTuple

START, INVOKE = b"S", b"I"
"""To the function's process: what to become, and an event to handle."""
READY, INIT_FAILED, RESULT, FAILURE = b"R", b"F", b"K", b"E"
"""From it: the handler is there, or is not; what it returned, or raised."""
OUTPUT, RECORD = b"O", b"L"
"""From it: a piece of what was printed, and a message of the logger, which stays whole."""
DEPTH_VARIABLE = "_LAB_INVOKE_DEPTH"
"""The environment variable that counts how many functions called each other up to this one."""
_HEADER = struct.Struct(">cQI")
_READ_BYTES = 1 << 16


class Frame(NamedTuple):
    """One message.

    Attributes:
        kind: One of this module's constants.
        time_ns: The lab's time when it was sent; 0 where it does not matter.
        body: Its content.
    """

    kind: bytes
    time_ns: int
    body: bytes


class FrameWriter:
    """Writes frames to a pipe, from any thread, each in one piece.

    Args:
        fd: The pipe's file descriptor.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()

    def send(self, kind: bytes, body: bytes, time_ns: int = 0) -> None:
        """Send a frame.

        Raises:
            OSError: Nobody reads any more.
        """
        data = memoryview(_HEADER.pack(kind, time_ns, len(body)) + body)
        with self._lock:
            while data:
                data = data[os.write(self._fd, data) :]

    def stop(self) -> None:
        """Send nothing any more: another file may get the descriptor once the pipe is closed."""
        self._fd = -1


def read_frames(fd: int, take: Callable[[Frame], None]) -> None:
    """Hand every frame of a pipe on; return when it ends.

    Args:
        fd: The pipe's file descriptor.
        take: Gets each frame.
    """
    data = bytearray()
    while chunk := _read(fd):
        data += chunk
        while len(data) >= _HEADER.size:
            kind, time_ns, length = _HEADER.unpack_from(data)
            end = _HEADER.size + length
            if len(data) < end:
                break
            take(Frame(kind, time_ns, bytes(data[_HEADER.size : end])))
            del data[:end]


def read_pieces(fd: int, take: Callable[[bytes], None]) -> None:
    """Hand the bytes of a pipe on as they come; return when it ends."""
    while chunk := _read(fd):
        take(chunk)


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, _READ_BYTES)
    except OSError:
        return b""
