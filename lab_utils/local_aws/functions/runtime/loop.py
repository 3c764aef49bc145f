"""The life of a function's process: become a function, then handle one event after the other."""

from __future__ import annotations

import _thread
import builtins
import json
import os
import queue
import signal
import site
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from .channel import (
    DEPTH_VARIABLE,
    FAILURE,
    INIT_FAILED,
    INVOKE,
    READY,
    RESULT,
    Frame,
    FrameWriter,
    read_frames,
)
from .context import LambdaContext
from .errors import FaultPaths, describe_error, log_text
from .handlers import Handler, load_handler, read_event, write_response
from .lab_time import LabTime, install
from .modules import SdkFinder
from .network import lead_to_lab
from .output import Output, set_up_logging
from .sdk import load_sdk

_TRACE_VARIABLE = "_X_AMZN_TRACE_ID"
_NEW_PYTHON = ("python3.12", "python3.13", "python3.14")
"""Runtimes that write an answer's characters as they are; older ones escape them."""


class Runtime:
    """A function's process.

    Args:
        setup: How the embedded AWS started it: the SDK's folders and the lab's time.
    """

    def __init__(self, setup: Mapping[str, Any]) -> None:
        self._frames: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        requests, answers = _take_pipes()
        self._writer = FrameWriter(answers)
        _thread.start_new_thread(self._read, (requests,))
        self._output = Output(self._writer)
        self._output.replace_streams()
        self._clock: LabTime | None = None
        if setup["speed"]:
            self._clock = LabTime(setup["speed"], setup["lab_ns"], setup["monotonic_ns"])
            install(self._clock)
        sys.meta_path.append(SdkFinder(setup["sdk"]))
        _complete_builtins()
        if setup["has_sdk"]:
            load_sdk(os.environ)

    def run(self) -> None:
        """Become a function and handle its events, as long as the embedded AWS lives."""
        start = self._frames.get()
        config = json.loads(start.body)
        self._prepare(config)
        handler = self._load(config)
        while True:
            frame = self._frames.get()
            if frame.kind == INVOKE:
                self._handle(handler, frame.body)

    def _read(self, fd: int) -> None:
        """Read requests; the end of the pipe is the end of the embedded AWS, and of this."""
        read_frames(fd, self._frames.put)
        _end_all()

    def _prepare(self, config: Mapping[str, Any]) -> None:
        os.environ.update(config["variables"])
        if hasattr(time, "tzset"):
            time.tzset()
        os.chdir(config["code"])
        sys.path[:0] = [config["code"], *config["layers"]]
        sys.argv = ["/var/runtime/bootstrap.py"]
        self._paths = FaultPaths(config["shown_paths"])
        self._is_ascii = config["runtime"] not in _NEW_PYTHON
        lead_to_lab(
            {int(port): door for port, door in config["local_ports"].items()},
            {int(port): door for port, door in config["aws_ports"].items()},
        )
        set_up_logging(self._output, is_json=config["is_json_log"], level=config["log_level"])
        self._is_json = config["is_json_log"]

    def _load(self, config: Mapping[str, Any]) -> Handler:
        try:
            handler = load_handler(config["handler"])
        except Exception as error:  # noqa: BLE001 - whatever the function's code raises
            document = describe_error(error, "", self._paths)
            self._log(document)
            self._writer.send(INIT_FAILED, _json(document))
            _flush()
            os._exit(1)
        self._writer.send(READY, b"")
        return handler

    def _handle(self, handler: Handler, body: bytes) -> None:
        head, _, payload = body.partition(b"\n")
        invocation = json.loads(head)
        self._begin(invocation)
        deadline_s = time.monotonic() + invocation["timeout_s"]
        context = LambdaContext(invocation, os.environ, deadline_s)
        try:
            response = handler(read_event(payload), context)
            kind, answer = RESULT, write_response(response, is_ascii=self._is_ascii)
        except Exception as error:  # noqa: BLE001 - whatever the function's code raises
            document = describe_error(error, invocation["request_id"], self._paths)
            self._log(document)
            kind, answer = FAILURE, _json(document)
        _flush()
        with suppress(OSError):  # The function may have closed it.
            os.write(2, invocation["mark"].encode())
        self._writer.send(kind, answer)
        self._output.request_id = ""

    def _begin(self, invocation: Mapping[str, Any]) -> None:
        if self._clock is not None:
            self._clock.set(invocation["lab_ns"], invocation["monotonic_ns"])
        self._output.request_id = invocation["request_id"]
        for name in (_TRACE_VARIABLE, DEPTH_VARIABLE):
            value = invocation["variables"].get(name)
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def _log(self, document: Mapping[str, Any]) -> None:
        if self._is_json:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            entry = {"timestamp": stamp, "level": "ERROR", **document}
            self._output.record(json.dumps(entry, ensure_ascii=False) + "\n")
            return
        self._output.record(log_text(dict(document)) + "\n")


def _take_pipes() -> tuple[int, int]:
    """Keep the two pipes of the embedded AWS, and give their numbers to what is printed."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return requests, answers


def _complete_builtins() -> None:
    """Add what a Python without its site packages lacks: ``exit``, ``quit``, ``help``."""
    site.setquit()
    site.sethelper()
    builtins.__dict__.setdefault("copyright", "")


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue  # The function closed or replaced it.


def _end_all() -> None:
    """End this process at once, and on POSIX whatever it started."""
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
