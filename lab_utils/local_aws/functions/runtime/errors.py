"""Errors of a function in the form in which Lambda reports them.

Source:
    https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from types import TracebackType
from typing import Any

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - no pathlib here
_NO_BREAK_SPACE = "\u00a0"


class FaultError(Exception):
    """The function cannot be run, or its answer not be sent; nothing that its code raised.

    Args:
        error_type: As Lambda reports it, such as ``Runtime.HandlerNotFound``.
        message: What happened.
        trace: Lines of the stack trace.
    """

    def __init__(self, error_type: str, message: str, trace: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.message = message
        self.trace = list(trace)


class FaultPaths:
    """Shows the paths of this machine as the ones they stand for on Lambda.

    Args:
        folders: Pairs of a folder here and its path on Lambda.
    """

    def __init__(self, folders: Sequence[tuple[str, str]]) -> None:
        self._folders = [(here, there) for here, there in folders if here]

    def shown(self, text: str) -> str:
        """Return a text with Lambda's paths."""
        for here, there in self._folders:
            if here in text:
                text = text.replace(here, there)
        return text


def describe_error(error: Exception, request_id: str, paths: FaultPaths) -> dict[str, Any]:
    """Return the document of an error: its message, type, request and stack trace."""
    if isinstance(error, FaultError):
        error_type, message, trace = error.error_type, error.message, error.trace
    else:
        error_type, message = type(error).__name__, _text_of(error)
        trace = _stack_trace(error.__traceback__)
    return {
        "errorMessage": paths.shown(message),
        "errorType": error_type,
        "requestId": request_id,
        "stackTrace": [paths.shown(line) for line in trace],
    }


def log_text(document: dict[str, Any]) -> str:
    """Return the log message of an error; blanks that indent do not break, as on Lambda."""
    title = f"[ERROR] {document['errorType']}"
    if document["errorMessage"]:
        title += f": {document['errorMessage']}"
    lines = [title, "Traceback (most recent call last):"]
    for entry in document["stackTrace"]:
        lines += [_indented(line) for line in entry.splitlines()]
    return "\n".join(lines)


def _indented(line: str) -> str:
    text = line.lstrip(" ")
    return _NO_BREAK_SPACE * (len(line) - len(text)) + text


def _text_of(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the function's own class decides what str() does
        return ""


def _stack_trace(stack: TracebackType | None) -> list[str]:
    """Return the entries below the runtime's own, without the marks under the code."""
    frames = traceback.extract_tb(stack)
    while frames and os.path.dirname(frames[0].filename) == _OWN_FOLDER:  # noqa: PTH120
        frames.pop(0)
    plain = [(frame.filename, frame.lineno or 0, frame.name, frame.line) for frame in frames]
    return traceback.format_list(plain)
