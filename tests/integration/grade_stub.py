"""A grader that does what a submission says, for the tests of ``lab grade``.

A submission's ``terraform/iot.tf`` holds a line ``# does: {JSON}`` with ``seconds`` it takes,
``earned`` points, ``kills`` (how often it kills its worker), ``raises``, and ``log``: a folder in
which each grading of it leaves a file. It imports next to nothing, as each worker has to.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BEGUN, ENDED = "begun", "ended"
POINTS = 10


def does(log: Path, **what: Any) -> str:
    """Return the Terraform file of a submission that does something."""
    return f"# does: {json.dumps({'log': str(log), **what})}\n"


def stub(packed: bytes, _order: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a submission says that it earns."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        student = json.loads(archive.read("submission.json"))["student"]
        text = archive.read("files/terraform/iot.tf").decode()
    what = json.loads(text.split("# does: ", 1)[1])
    log = Path(what["log"])
    _leave(log, student, BEGUN)
    if len(list(log.glob(f"{student}.{BEGUN}.*"))) <= what.get("kills", 0):
        os.kill(os.getpid(), signal.SIGKILL)
    if what.get("raises"):
        raise ValueError(what["raises"])
    _work(what.get("seconds", 0))
    _leave(log, student, ENDED)
    ending = {"status": "done", "seconds": 0.0, "reason": ""}
    return {"verdict": _verdict(what.get("earned", 0)), "ending": ending}


def _work(seconds: float) -> None:
    """Wait in a process of its own, as a cell does, which ends with its worker."""
    with subprocess.Popen(
        ["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.kill()


def _leave(log: Path, student: str, word: str) -> None:
    (log / f"{student}.{word}.{os.getpid()}.{uuid.uuid4().hex}").touch()


def _verdict(earned: int) -> dict[str, Any]:
    status = "passed" if earned == POINTS else "failed"
    check = {"id": "part1-thing", "part": 1, "points": POINTS, "earned": earned, "status": status}
    texts = {"seen": "s", "wanted": "w", "hint": ""}
    lists: dict[str, list[Any]] = {"phases": [], "set_aside": [], "remarks": []}
    return {"checks": [{**check, **texts}], "points": POINTS, "earned": earned, **lists}
