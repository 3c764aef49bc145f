"""The watch over a cell: without it, nothing goes on."""

from __future__ import annotations

import subprocess
import sys

import pytest

BREAKS = """
import threading
from pathlib import Path
from lab_utils.grading.sandbox.limits import Limits
from lab_utils.grading.sandbox.watch import Watch
Watch(Limits(), Path("/no/such/cell"), is_enclosed=True).start()
threading.Event().wait(170)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="cells are for Linux")
def test_a_watch_that_breaks_ends_the_grading() -> None:
    done = subprocess.run([sys.executable, "-c", BREAKS], capture_output=True, check=False)
    assert done.returncode == 70
    assert b"FileNotFoundError" in done.stderr
