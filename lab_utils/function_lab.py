"""The part of a Lab that deals with Lambda functions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab_utils.function_logs import FunctionLog
from lab_utils.functions import PACKAGES, deploy_function, invoke_function, package_function
from lab_utils.lab_time import Timeline
from lab_utils.settings import Settings
from lab_utils.workspace import lambda_folder

if TYPE_CHECKING:
    import pandas as pd

WAIT_S = 10.0


class FunctionLab(ABC):
    """Packs, deploys and invokes functions, and reads what they log."""

    settings: Settings
    _report: Callable[[str], None]

    @abstractmethod
    def client(self, service: str) -> Any:
        """Return the boto3 client of a service."""

    @abstractmethod
    def timeline(self) -> Timeline:
        """Return the lab's time and speed."""

    def package_lambda(self, folder: str | Path | None = None) -> Path:
        """Pack a function as ``ci/package_lambda.sh`` does, and return the zip in ``build/``.

        Args:
            folder: In the workspace; has the sources in ``src/``, or is their folder itself. By
                default ``lambda/ac_control_lambda``, else ``ac_control_lambda``.

        Raises:
            FunctionError: There is nothing to pack, or a package that it needs cannot be had.
        """
        workspace = self.settings.workspace
        chosen = folder or lambda_folder(workspace).relative_to(workspace)
        return package_function(workspace, chosen, self._report)

    def deploy_lambda(
        self, function: str = "ac_control_lambda", package: str | Path | None = None
    ) -> None:
        """Give a function its packed code, and wait until that is what runs.

        Args:
            function: The function's name.
            package: The zip; by default the one in ``build/`` that has the function's name.

        Raises:
            FunctionError: No such package or function, AWS refuses, or it does not become ready.
        """
        chosen = package or Path(PACKAGES) / f"{function}.zip"
        path = self.settings.workspace / chosen
        deploy_function(self.client("lambda"), function, path, self._report)

    def invoke(self, function: str, event: Any = None) -> Any:
        """Invoke a function, wait for its end, and return what it returned.

        Args:
            function: The function's name.
            event: What its handler gets; ``{}`` by default.

        Raises:
            FunctionFailedError: It ended with an error; with the stack trace and the log's end.
            FunctionError: There is no such function, or AWS refuses to invoke it.
        """
        return invoke_function(self.client("lambda"), function, {} if event is None else event)

    def logs(
        self,
        function: str,
        *,
        follow: bool = False,
        since: datetime | timedelta | None = None,
        pattern: str = "",
        at_least: int = 0,
        until: Callable[[pd.DataFrame], bool] | None = None,
        timeout_s: float | None = None,
    ) -> pd.DataFrame:
        """Return what a function has logged; with ``follow``, print it as it comes.

        Args:
            follow: Print entries as they come, until an interrupt, ``until`` or the time's end.
            since: Only entries from then on: a time with a zone, or how long ago, both in lab
                time. By default all; with ``follow``, those from now on.
            pattern: A filter pattern of CloudWatch Logs, such as ``AccessDenied``.
            at_least: Wait until there are so many entries.
            until: Wait, or follow, until this holds for the entries.
            timeout_s: How long to wait or follow, in seconds of the wall clock: 10 s when
                something is waited for, for ever with ``follow``.

        Returns:
            A row an entry, by time: ``time`` (UTC, lab time), ``stream`` (one an execution
            environment), ``request_id``, ``level`` (``START``, ``END``, ``REPORT`` of the
            platform's lines, NA of what was printed), ``message``; ``string`` but the time.

        Raises:
            LogError: The function has no log (and why), or what was waited for did not come.
            FunctionError: Lambda does not answer.
        """
        timeline = self.timeline()
        log = FunctionLog(self.client, function, pattern, timeline.speed)
        start = timeline.now() - since if isinstance(since, timedelta) else since
        if follow:
            return log.follow(start or timeline.now(), until, timeout_s, self._report)
        is_waiting = bool(at_least or until)
        longest_s = (WAIT_S if is_waiting else 0.0) if timeout_s is None else timeout_s
        return log.wait(start, at_least, until, longest_s)
