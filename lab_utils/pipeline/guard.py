"""A program that runs another one, and ends it when whoever started both is gone.

A kernel that is killed tells nobody. What it leaves is an end of file on this program's input: then
every process of the run ends, and its folder, with the keys in it, goes.

    python guard.py HOME FOLDER COMMAND...

The processes of a run are known by their ``HOME``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence

import psutil


def main(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status."""
    home, folder, *command = arguments
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        is_orphan = threading.Event()
        watch = threading.Thread(target=_watch, args=(home, folder, is_orphan), daemon=True)
        watch.start()
        status = process.wait()
        if is_orphan.is_set():
            watch.join()
        return status


def processes_of(home: str, begun: float = 0.0) -> list[psutil.Process]:
    """Return the processes whose ``HOME`` is a run's, also those that have left its group.

    Args:
        home: The run's.
        begun: When it began, as seconds of the epoch: no older process is asked.
    """
    found = []
    for one in psutil.process_iter(["create_time"]):
        with contextlib.suppress(psutil.Error):
            is_young = one.info["create_time"] >= begun - 1
            if is_young and one.environ().get("HOME") == home:
                found.append(one)
    return found


def _watch(home: str, folder: str, is_orphan: threading.Event) -> None:
    """Wait until the starter is gone, and end everything."""
    while os.read(sys.stdin.fileno(), 1024):
        continue
    is_orphan.set()
    for one in processes_of(home):
        if one.pid != os.getpid():
            with contextlib.suppress(psutil.Error):
                one.kill()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
