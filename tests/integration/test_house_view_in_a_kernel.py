"""The house's figure in a real kernel: for a person it moves, for a batch tool it is drawn once."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel
from PIL import Image

from lab_utils.settings import CHECKOUT

TIMEOUT_S = 60.0

PREPARE = """
import time
from tests.unit.test_house_view import plan_of, run_of, sent_of
from lab_utils.house_view import NotebookView

def run(steps, step_s):
    "Drive the view as the house does, its steps in real time; an interrupt ends the run."
    view, plan, seen, stopped = NotebookView(), plan_of(), [], False
    view.start(plan)
    try:
        for snapshot in run_of(plan, steps):
            seen.append(snapshot)
            view.step(snapshot)
            time.sleep(step_s)
    except KeyboardInterrupt:
        stopped = True
    view.finish(sent_of(seen), [], stopped)
"""


class Kernel:
    """A kernel, and what its cells send to a page."""

    def __init__(self) -> None:
        self.manager, client = start_new_kernel(cwd=str(CHECKOUT))
        self.client: BlockingKernelClient = client

    def run(
        self, code: str, *, is_watched: bool, interrupt_after: int | None = None
    ) -> list[dict[str, Any]]:
        """Run a cell; return its messages of output, interrupted after so many pictures."""
        request = self.client.execute(code, allow_stdin=is_watched)
        pictures = 0
        outputs: list[dict[str, Any]] = []
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT_S)
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return outputs
            if kind in ("display_data", "update_display_data", "stream", "error"):
                outputs.append({"kind": kind, **content})
            pictures += kind.endswith("display_data")
            if pictures == interrupt_after and kind.endswith("display_data"):
                self.manager.interrupt_kernel()

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    kernel = Kernel()
    assert kernel.run(PREPARE, is_watched=False) == []
    yield kernel
    kernel.stop()


def pictures_of(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in outputs if one["kind"].endswith("display_data")]


def words_of(outputs: list[dict[str, Any]]) -> str:
    return "".join(one["text"] for one in outputs if one["kind"] == "stream")


def test_a_batch_tool_gets_one_small_picture_and_its_words(kernel: Kernel) -> None:
    outputs = kernel.run("run(36, 0)", is_watched=False)
    [picture] = pictures_of(outputs)
    assert picture["kind"] == "display_data"
    data = base64.b64decode(picture["data"]["image/png"])
    assert len(data) < 300_000
    assert Image.open(BytesIO(data)).format == "PNG"
    assert words_of(outputs).startswith("In words: the house ran for 3 lab minutes.")
    assert words_of(outputs).count("\n") == 1


def test_a_person_sees_one_picture_change_in_place(kernel: Kernel) -> None:
    pictures = pictures_of(kernel.run("run(12, 0.1)", is_watched=True))
    assert [one["kind"] for one in pictures[:2]] == ["display_data", "update_display_data"]
    assert {one["kind"] for one in pictures[1:]} == {"update_display_data"}
    assert len({one["transient"]["display_id"] for one in pictures}) == 1
    assert len({one["data"]["text/plain"] for one in pictures}) == 1
    first, *_, last = (one["data"]["image/png"] for one in pictures)
    assert first != last


def test_an_interrupt_leaves_the_last_state_and_says_so(kernel: Kernel) -> None:
    outputs = kernel.run("run(2000, 0.05)", is_watched=True, interrupt_after=3)
    assert [one for one in outputs if one["kind"] == "error"] == []
    assert "the house stopped after" in words_of(outputs)
    assert pictures_of(outputs)[-1]["kind"] == "update_display_data"
