"""What becomes of an execution environment when something of the lab's own fails."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.functions import service as module
from lab_utils.local_aws.functions.model import Function, Invocation
from lab_utils.local_aws.functions.runtime.channel import INVOKE, FrameWriter
from lab_utils.local_aws.functions.service import FunctionService
from lab_utils.local_aws.functions.variables import Doors
from tests.unit.local_aws.functions.test_platform_log import FUNCTION


class Process:
    """Stands for a function's process, which never says anything."""

    def __init__(self, *_given: object) -> None:
        self.lives = True

    def is_alive(self) -> bool:
        return self.lives

    def end(self) -> None:
        self.lives = False


class Sink:
    def write(self, *_given: object) -> None:
        """Take what is logged."""


def test_an_environment_that_could_not_be_prepared_serves_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_function: Function) -> Mapping[str, str]:
        raise LookupError("no such role")

    monkeypatch.setattr(module, "Child", Process)
    service = FunctionService(LabClock(1), Doors(1, 2, 3, tmp_path), refuse, Sink())
    for _ in range(2):  # The second would be handed the first one's process, which is no function.
        with pytest.raises(LookupError):
            service.run(FUNCTION, Invocation("id", b"{}", "arn"))
    service.close()


def test_nothing_is_sent_to_who_has_the_pipe_s_number_next() -> None:
    reading, writing = os.pipe()
    writer = FrameWriter(writing)
    os.close(writing)
    writer.stop()
    other = os.open(os.devnull, os.O_WRONLY)
    try:
        with pytest.raises(OSError, match="descriptor"):
            writer.send(INVOKE, b"{}")
    finally:
        os.close(other)
        os.close(reading)


def test_a_machine_without_room_for_a_process_fails_no_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_given: object) -> Process:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(module, "Child", refuse)
    service = FunctionService(LabClock(1), Doors(1, 2, 3, tmp_path), lambda _: {}, Sink())
    service.prepare()
    assert "No process could be started" in caplog.text
    service.close()
