"""What a function prints and logs, on its way to CloudWatch Logs.

Source:
    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from .channel import OUTPUT, RECORD, FrameWriter

_real_gmtime = time.gmtime
_TEXT_FORM = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
_TIME_FORM = "%Y-%m-%dT%H:%M:%S"
_OWN_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"aws_request_id", "taskName"}


class Output:
    """Sends what is printed and logged to the embedded AWS.

    Args:
        writer: The pipe.
    """

    def __init__(self, writer: FrameWriter) -> None:
        self._writer = writer
        self._is_forked = False
        self.request_id = ""
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._leave_pipe)

    def replace_streams(self) -> None:
        """Let ``print`` and everything that writes to the standard streams come here."""
        for name, fd, errors in (("stdout", 1, "strict"), ("stderr", 2, "backslashreplace")):
            raw = _Printed(self.printed, fd)
            # A raw stream will do: with write_through, nothing is kept back.
            stream = io.TextIOWrapper(raw, "utf-8", errors, newline="\n", write_through=True)  # type: ignore[type-var]
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)

    def printed(self, data: bytes, fd: int) -> None:
        """Take a piece of what was printed."""
        if self._is_forked:
            os.write(fd, data)
            return
        self._writer.send(OUTPUT, data, time.time_ns())

    def record(self, text: str) -> None:
        """Take a message that is one entry of the log, however many lines it has."""
        data = text.encode("utf-8", "backslashreplace")
        if self._is_forked:
            os.write(2, data)
            return
        self._writer.send(RECORD, data, time.time_ns())

    def _leave_pipe(self) -> None:
        """Let a forked process print to its own streams: frames of two would get mixed."""
        self._is_forked = True


class _Printed(io.RawIOBase):
    """The bytes behind a standard stream."""

    def __init__(self, take: Callable[[bytes, int], None], fd: int) -> None:
        super().__init__()
        self._take = take
        self._fd = fd

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._take(piece, self._fd)
        return len(piece)


class LogHandler(logging.Handler):
    """The handler of the root logger, which Lambda sets up before the function is loaded.

    Args:
        output: Where messages go.
    """

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        """Send a message."""
        record.aws_request_id = self._output.request_id
        try:
            self._output.record(self.format(record))
        except Exception:  # noqa: BLE001 - logging's own way: a bad message harms nobody
            self.handleError(record)


class _TextFormatter(logging.Formatter):
    converter = staticmethod(_real_gmtime)


class _JsonFormatter(logging.Formatter):
    converter = staticmethod(_real_gmtime)

    def format(self, record: logging.LogRecord) -> str:
        moment = self.formatTime(record, _TIME_FORM)
        document: dict[str, Any] = {
            "timestamp": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info and record.exc_info[0]:
            document["errorType"] = record.exc_info[0].__name__
            document["errorMessage"] = str(record.exc_info[1])
            document["stackTrace"] = self.formatException(record.exc_info).splitlines()
            document["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        document["requestId"] = record.__dict__.get("aws_request_id") or None
        document |= {k: v for k, v in record.__dict__.items() if k not in _OWN_FIELDS}
        kept = {name: value for name, value in document.items() if value is not None}
        return json.dumps(kept, ensure_ascii=False, default=str) + "\n"


def set_up_logging(output: Output, *, is_json: bool, level: str) -> None:
    """Give the root logger its handler, so that ``logging.basicConfig`` changes nothing.

    Args:
        output: Where messages go.
        is_json: Whether messages are JSON documents.
        level: The root logger's level by the function's configuration; empty for WARNING.
    """
    handler = LogHandler(output)
    handler.setFormatter(_JsonFormatter() if is_json else _TextFormatter(_TEXT_FORM, _TIME_FORM))
    root = logging.getLogger()
    root.addHandler(handler)
    if level in logging.getLevelNamesMapping():
        root.setLevel(level)
