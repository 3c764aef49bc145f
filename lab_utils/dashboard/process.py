"""The dashboard's process, as a notebook starts it: it tells its address, and ends with both."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab_utils.errors import DashboardError
from lab_utils.house_view import is_watched
from lab_utils.settings import Settings, base_environment

_MODULE = "lab_utils.dashboard"
_LOG = "dashboard.log"
_TAIL_LINES = 8
_END_S = 5.0
_HEIGHT_PX = 720


class Dashboard:
    """A dashboard page that is served by a process of its own.

    Args:
        settings: The target that it shows.
        port: The port that is insisted upon; None for 5006, or any other if that is taken.
        report: Takes what a reader should know, such as whose account it is.

    Raises:
        DashboardError: The port is taken, or the process fails.

    Attributes:
        url: Where a browser finds it.
    """

    def __init__(self, settings: Settings, port: int | None, report: Callable[[str], None]) -> None:
        log = settings.state_dir / _LOG
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        self._process = _launch(settings, port, log)
        # A notebook's end closes the pipe too, however it ends; this ends it a little sooner.
        atexit.register(self.stop)
        self.url = _await_url(self._process, log, report)

    @property
    def is_running(self) -> bool:
        """Whether the page is still served."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the page's process; a page that is open says so."""
        atexit.unregister(self.stop)
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __repr__(self) -> str:
        """Return the line that stands where no page can."""
        state = "is served" if self.is_running else "was served, and is stopped,"
        return f"The dashboard {state} at {self.url}"

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, str]:
        """Return the page in a frame, where somebody looks on; a line of text elsewhere."""
        shown = {"text/plain": repr(self)}
        if self.is_running and is_watched():
            shown["text/html"] = (
                f'<p><a href="{self.url}" target="_blank">Open the dashboard in a tab of its own'
                f'</a> ({self.url})</p><iframe src="{self.url}" title="The house, live" '
                f'width="100%" height="{_HEIGHT_PX}" style="border: 1px solid #999"></iframe>'
            )
        return shown


def _launch(settings: Settings, port: int | None, log: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", _MODULE, settings.target, str(settings.workspace)]
    command += [settings.region, "" if port is None else str(port)]
    with log.open("w", encoding="utf-8") as errors:
        return subprocess.Popen(
            command,
            env=base_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            # A notebook's interrupt must not reach it.
            start_new_session=True,
        )


def _await_url(process: subprocess.Popen[str], log: Path, report: Callable[[str], None]) -> str:
    """Return the page's address once it can be opened.

    Raises:
        DashboardError: It cannot be.
    """
    for line in process.stdout or ():
        told = json.loads(line) if line.startswith("{") else {"says": line.strip()}
        if "url" in told:
            return str(told["url"])
        if "error" in told:
            process.wait()
            raise DashboardError(*told["error"])
        report(told["says"])
    process.wait()
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise DashboardError(
        "serve the dashboard",
        "Its process has ended: " + ("\n".join(lines[-_TAIL_LINES:]) or "without a word."),
        f"mend what it says; all that it said is in {log}.",
    )
