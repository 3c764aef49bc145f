"""Start, find, stop and reset the embedded AWS of a workspace, from any other process."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_utils.errors import TargetError
from lab_utils.local_aws import attached, process
from lab_utils.local_aws.lock import WorkspaceBusyError, WorkspaceLock
from lab_utils.local_aws.server_settings import ServerSettings
from lab_utils.local_aws.session_file import (
    SESSION_FILE,
    Session,
    SessionFileError,
    read_session,
)
from lab_utils.settings import Settings

_POLL_S = 0.02
_STOP_S = 15.0


@dataclass(frozen=True)
class Found:
    """What there is in a workspace.

    Attributes:
        session: The embedded AWS that runs, or None.
        remark: What was stale and has been cleaned up, or what is wrong; empty if nothing.
        health: What the server says of itself; empty if none runs.
    """

    session: Session | None
    remark: str
    health: dict[str, Any]


def inspect(settings: Settings) -> Found:
    """Return what runs in a workspace; a session file that no server stands behind is removed."""
    if settings.session_file is not None:
        return Found(*attached.look_at(settings.session_file))
    path = settings.state_dir / SESSION_FILE
    try:
        session = read_session(path)
    except FileNotFoundError:
        return Found(None, "", {})
    except (SessionFileError, OSError) as error:
        return _stale(path, f"the session file could not be used ({error})")
    if not process.is_server(session.pid, settings.workspace):
        return _stale(path, f"the embedded AWS that ran as process {session.pid} is gone")
    health = _ask(session)
    if health is None:
        remark = f"process {session.pid} runs but does not answer at {session.endpoint_url}"
        return Found(None, remark, {})
    return Found(session, _remark(health.get("state", {})), health)


def find(settings: Settings) -> Session | None:
    """Return the embedded AWS that runs for a workspace and answers, or None."""
    return inspect(settings).session


def lab_time_ns(session: Session) -> int:
    """Return the lab's time, nanoseconds since the epoch.

    Raises:
        TargetError: The embedded AWS does not answer.
    """
    health = _ask(session)
    if health is None:
        raise TargetError(
            "read the lab's time",
            f"the embedded AWS does not answer at {session.endpoint_url}.",
            "`lab start` starts it again if it is gone.",
        )
    return int(health["lab_time_ns"])


def trace(session: Session, topic: str, payload: bytes, client_id: str) -> list[dict[str, Any]]:
    """Publish a message through the rules engine, and return what each rule made of it.

    Raises:
        TargetError: The embedded AWS does not answer, or the message cannot be published.
    """
    return process.trace(session, topic, payload, client_id)


def start(
    settings: Settings,
    *,
    speed: int | None = None,
    deadline_s: float = 20.0,
    http_port: int | None = None,
    mqtt_port: int | None = None,
) -> Session:
    """Return the embedded AWS of a workspace, started if it does not run yet.

    Args:
        settings: The workspace, its region, and the speed of a server that is started.
        speed: The speed that is insisted upon, but of one that somebody else keeps; None takes
            whatever runs.
        deadline_s: How long to wait until it is ready.
        http_port: Port of the AWS APIs that is insisted upon; mqtt_port that of MQTT.

    Raises:
        TargetError: It cannot be started, or runs at another speed or in another region.
    """
    if settings.session_file is not None:
        return attached.require(settings.session_file)
    deadline = time.monotonic() + deadline_s
    _prepare(settings)
    try:
        with WorkspaceLock(settings.state_dir / "start.lock", timeout_s=deadline_s):
            found = inspect(settings)
            if found.session is not None:
                return _accepted(found.session, settings, speed)
            _end_unresponsive(settings)
            wanted = _wanted(settings, speed, http_port, mqtt_port)
            return _launch(settings, wanted, deadline)
    except WorkspaceBusyError as error:
        raise TargetError(
            "start the embedded AWS",
            f"another program has been starting it for {deadline_s:.0f} s.",
            "wait for it, or stop that program, then try again.",
        ) from error
    except OSError as error:
        raise _unwritable(settings, error) from error


def stop(settings: Settings, *, deadline_s: float = _STOP_S) -> bool:
    """Stop the embedded AWS of a workspace, and return whether one ran; its state is kept.

    Raises:
        TargetError: It did not end, or somebody else keeps it.
    """
    if settings.session_file is not None:
        raise attached.refuse("stop")
    path = settings.state_dir / SESSION_FILE
    try:
        session = read_session(path)
    except (FileNotFoundError, SessionFileError):
        inspect(settings)
        return _end_unresponsive(settings)
    if not process.is_server(session.pid, settings.workspace):
        inspect(settings)
        return _end_unresponsive(settings)
    process.request_stop(session, deadline_s)
    if not process.wait_until_gone(session.pid, deadline_s):
        process.end(session.pid, settings.workspace)
    path.unlink(missing_ok=True)
    return True


def reset(settings: Settings, *, speed: int | None = None) -> Session:
    """Stop the embedded AWS, forget its state, and return it started anew.

    Raises:
        TargetError: It cannot be stopped or started, or its state cannot be removed.
    """
    if settings.session_file is not None:
        raise attached.refuse("reset")
    stop(settings)
    folder = settings.state_dir / "state"
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise _unwritable(settings, error) from error
    return start(settings, speed=speed)


def _wanted(
    settings: Settings, speed: int | None, http_port: int | None, mqtt_port: int | None
) -> ServerSettings:
    return ServerSettings(
        settings.workspace,
        settings.region,
        speed or settings.speed,
        http_port,
        mqtt_port,
        settings.kept_runtimes,
        settings.lab_dir,
    )


def _prepare(settings: Settings) -> None:
    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise _unwritable(settings, error) from error


def _launch(settings: Settings, wanted: ServerSettings, deadline: float) -> Session:
    started = process.launch(wanted)
    path = settings.state_dir / SESSION_FILE
    while time.monotonic() < deadline:
        status = started.poll()
        if status is not None:
            raise process.failed_start(settings.state_dir, status)
        session = _unless_stale(path, lambda session: session.pid == started.pid)
        if session is not None and _ask(session) is not None:
            process.detach(started)
            return session
        time.sleep(_POLL_S)
    process.end(started.pid, settings.workspace)
    process.detach(started)
    raise process.failed_start(settings.state_dir, None)


def _unless_stale(path: Path, is_ours: Callable[[Session], bool]) -> Session | None:
    try:
        session = read_session(path)
    except (FileNotFoundError, SessionFileError):
        return None
    return session if is_ours(session) else None


def _accepted(session: Session, settings: Settings, speed: int | None) -> Session:
    if speed is not None and session.speed != speed:
        raise _differs("speed", speed, session.speed)
    if settings.region and session.region != settings.region:
        raise _differs("region", settings.region, session.region)
    return session


def _differs(what: str, wanted: object, running: object) -> TargetError:
    return TargetError(
        f"use the embedded AWS with the {what} {wanted}",
        f"it already runs for this workspace with the {what} {running}.",
        f"stop it first (`lab stop`; its state is kept), or go on with the {what} {running}.",
    )


def _ask(session: Session) -> dict[str, Any] | None:
    """Return the server's health if it is the one that the session names."""
    health = process.health(session)
    return health if health is not None and health.get("pid") == session.pid else None


def _stale(path: Path, reason: str) -> Found:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        return Found(None, f"{reason}; {path} could not be removed: {error}", {})
    return Found(None, f"{reason}; its session file was removed. `lab start` starts it again", {})


def _remark(state: dict[str, Any]) -> str:
    """Return what there is to say about a server's state; nothing if it is saved and whole."""
    if state.get("is_saved", True):
        return "; ".join(state.get("damaged", []))
    parts = "; ".join(f"{name}: {reason}" for name, reason in state.get("not_saved", {}).items())
    return f"the state is not being saved ({parts}). Free some space on the disk"


def _end_unresponsive(settings: Settings) -> bool:
    """End a server of this workspace that runs without answering; return whether there was one."""
    pids = process.servers_of(settings.workspace)
    for pid in pids:
        process.end(pid, settings.workspace)
    return bool(pids)


def _unwritable(settings: Settings, error: OSError) -> TargetError:
    return TargetError(
        "start the embedded AWS",
        f"{settings.state_dir} cannot be written: {error}.",
        "make the workspace writable or free some space on its disk, or set LAB_WORKSPACE to "
        "another folder.",
    )
