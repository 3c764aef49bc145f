"""The errors of the lab: each says what was attempted, what happened and what to do next."""

from __future__ import annotations

from collections.abc import Sequence


class LabError(Exception):
    """An error that a student can act on.

    Args:
        attempted: What the lab tried to do, as a clause ("apply the Terraform configuration").
        happened: What went wrong instead, with the service's own words where it has any.
        next_step: What the reader can do about it.
    """

    def __init__(self, attempted: str, happened: str, next_step: str) -> None:
        super().__init__(attempted, happened, next_step)
        self.attempted = attempted
        self.happened = happened
        self.next_step = next_step

    def __str__(self) -> str:
        """Return the three sentences, one a line."""
        return f"Could not {self.attempted}.\n{self.happened}\nWhat to do: {self.next_step}"

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in a notebook: IPython asks this instead of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class SettingsError(LabError):
    """A setting, from the environment or an argument, that the lab cannot work with."""


class TargetError(LabError):
    """The embedded AWS, or the real account, cannot be started, found or stopped."""


class TerraformError(LabError):
    """Terraform refused or failed; ``happened`` holds its own diagnostics.

    Args:
        diagnostics: Terraform's diagnostics as it reported them, worst first.
    """

    def __init__(
        self,
        attempted: str,
        happened: str,
        next_step: str,
        diagnostics: tuple[dict[str, object], ...] = (),
    ) -> None:
        super().__init__(attempted, happened, next_step)
        self.diagnostics = diagnostics


class MqttError(LabError):
    """A device could not connect, publish or subscribe."""


class TableError(LabError):
    """A table could not be read."""


class QueryError(LabError):
    """A Timestream query failed, or its result is not what was waited for.

    Args:
        sql: The statement as it was sent.
        code: AWS's error code; "" where AWS did not answer with an error.
        place: The line and column of the SQL that AWS's message names, from 1.
    """

    def __init__(
        self,
        attempted: str,
        happened: str,
        next_step: str,
        *,
        sql: str = "",
        code: str = "",
        place: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(attempted, happened, next_step)
        self.sql = sql
        self.code = code
        self.place = place


class LogError(LabError):
    """A log group does not hold what was looked for."""


class PlotError(LabError):
    """A DataFrame does not hold what a figure needs."""


class FunctionError(LabError):
    """A Lambda function cannot be packaged, deployed, found or invoked."""


class FunctionFailedError(FunctionError):
    """A Lambda function was invoked, and ended with an error.

    Args:
        error_type: Such as ``KeyError`` or ``Runtime.ImportModuleError``; "" if Lambda named none.
        error_message: The error's own words.
        stack_trace: The function's stack trace, a text a frame.
        log: The end of the invocation's log.
    """

    def __init__(
        self,
        attempted: str,
        happened: str,
        next_step: str,
        *,
        error_type: str = "",
        error_message: str = "",
        stack_trace: Sequence[str] = (),
        log: str = "",
    ) -> None:
        super().__init__(attempted, happened, next_step)
        self.error_type = error_type
        self.error_message = error_message
        self.stack_trace = stack_trace
        self.log = log


class PipelineError(LabError):
    """A pipeline cannot be found, read or run on this machine."""


class DashboardError(LabError):
    """The dashboard page cannot be served or shown."""


class CheckError(LabError):
    """A check did not find what the exercise asks for."""


class SandboxError(LabError):
    """A submission cannot be enclosed on this machine."""
