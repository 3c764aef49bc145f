"""A function, one invocation of it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab_utils.local_aws.place import Place


@dataclass(frozen=True)
class Function:
    """A version of a function, with its code on disk.

    Attributes:
        place: The account and region.
        name: Its name.
        version: ``$LATEST`` or a number.
        revision: Changes with every change of code or configuration.
        runtime: As configured, ``python3.13``.
        handler: As configured, ``module.function``.
        role_arn: Whom it acts as.
        timeout_s: How long an invocation may take, real seconds.
        memory_mb: What it is told; the lab does not limit it.
        variables: The variables of its own configuration.
        log_group: Where it logs.
        is_json_log: Whether its log entries are JSON documents.
        log_level: The root logger's level; empty for the runtime's own.
        code: The folder of its package.
        layers: The folders of its layers, where Python looks after the package.
        wants_sdk: Whether it is likely to use the AWS SDK of the runtime.
    """

    place: Place
    name: str
    version: str
    revision: str
    runtime: str
    handler: str
    role_arn: str
    timeout_s: float
    memory_mb: int
    variables: Mapping[str, str]
    log_group: str
    is_json_log: bool
    log_level: str
    code: Path
    layers: tuple[Path, ...] = ()
    wants_sdk: bool = False

    @property
    def key(self) -> tuple[Place, str, str, str]:
        """What an execution environment belongs to."""
        return (self.place, self.name, self.version, self.revision)


@dataclass(frozen=True)
class Invocation:
    """One event for a function.

    Attributes:
        request_id: Its id.
        payload: The event as JSON.
        arn: As which the function was called.
        client_context: What the caller gave, or None.
        variables: Environment variables of this invocation alone.
    """

    request_id: str
    payload: bytes
    arn: str
    client_context: object = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LogEvent:
    """An entry of the log.

    Attributes:
        time_ns: The lab's time, nanoseconds since the epoch.
        text: The message.
    """

    time_ns: int
    text: str

    @property
    def time_ms(self) -> int:
        """The lab's time, milliseconds since the epoch."""
        return self.time_ns // 1_000_000


@dataclass(frozen=True)
class Outcome:
    """What an invocation, or the start of an environment, ended with.

    Attributes:
        payload: What the function returned, or the document of its error.
        error_type: The error's type; empty for success.
        status: ``success``, ``error`` or ``timeout``.
        is_over: Whether the process is gone with it.
    """

    payload: bytes
    error_type: str = ""
    status: str = "success"
    is_over: bool = False
