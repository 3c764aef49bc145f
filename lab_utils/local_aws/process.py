"""The embedded AWS as a process: launching it, knowing it again, asking it, ending it."""

from __future__ import annotations

import base64
import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import psutil

from lab_utils.errors import TargetError
from lab_utils.local_aws.gateway import HEALTH_PATH, STOP_PATH, TOKEN_HEADER, TRACE_PATH
from lab_utils.local_aws.server_settings import (
    EXPLAINED,
    SERVER_LOG,
    SERVER_OUTPUT,
    ServerSettings,
)
from lab_utils.local_aws.session_file import Session
from lab_utils.settings import base_environment

_MODULE = "lab_utils.local_aws"
_SOURCE = Path(__file__).resolve().parents[2]
_TAIL_LINES = 12
_ANSWER_S = 5.0
_END_S = 3.0
_TRACE_S = 30.0


def launch(settings: ServerSettings) -> subprocess.Popen[bytes]:
    """Start the server of a workspace, apart from this process and its terminal."""
    command = [sys.executable, "-m", _MODULE, *settings.arguments()]
    with _open_output(settings.lab_dir) as output:
        return subprocess.Popen(
            command,
            cwd=_SOURCE,
            env=_server_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            **_apart(),
        )


def detach(process: subprocess.Popen[bytes]) -> None:
    """Let a server go on without the object that launched it."""
    # With a status set, Python does not warn at the object's end that its child still runs,
    # which for a server is how it should be.
    process.returncode = 0


def failed_start(lab_dir: Path, status: int | None) -> TargetError:
    """Return the error for a start that did not end in a session."""
    output = _tail(lab_dir / SERVER_OUTPUT)
    if status == EXPLAINED and output:
        return TargetError("start the embedded AWS", *_happened_and_next(output))
    happened = "it did not become ready in time." if status is None else f"it ended ({status})."
    last = "\n".join(filter(None, [_tail(lab_dir / SERVER_LOG), output]))
    return TargetError(
        "start the embedded AWS",
        f"{happened} The last lines of {lab_dir / SERVER_LOG}:\n{last or '(none)'}",
        "look at the log; `lab doctor` says what is missing on this machine, `lab reset` forgets "
        "the lab's state and starts anew.",
    )


def is_server(pid: int, workspace: Path) -> bool:
    """Return whether a process is alive and is the embedded AWS of a workspace."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return _serves(process.cmdline(), workspace)
    except psutil.AccessDenied:
        # Another user's process: certainly not ours.
        return False
    except psutil.NoSuchProcess:
        return False


def servers_of(workspace: Path) -> list[int]:
    """Return the processes that are the embedded AWS of a workspace."""
    found = psutil.process_iter(["pid", "cmdline"])
    return [p.info["pid"] for p in found if _serves(p.info["cmdline"] or [], workspace)]


def health(session: Session) -> dict[str, Any] | None:
    """Return what a server says of itself, or None if it does not answer."""
    answer = _request(session, "GET", HEALTH_PATH, {}, _ANSWER_S)
    return answer if isinstance(answer, dict) and "pid" in answer else None


def request_stop(session: Session, timeout_s: float) -> None:
    """Ask a server to stop; one that does not answer is left to :func:`end`."""
    _request(session, "POST", STOP_PATH, {TOKEN_HEADER: session.stop_token}, timeout_s)


def trace(session: Session, topic: str, payload: bytes, client_id: str) -> list[dict[str, Any]]:
    """Publish a message, and return what each topic rule made of it.

    Raises:
        TargetError: The server does not answer.
    """
    asked = {"topic": topic, "payload": base64.b64encode(payload).decode(), "clientId": client_id}
    body = json.dumps(asked).encode()
    headers = {TOKEN_HEADER: session.trace_token}
    answer = _request(session, "POST", TRACE_PATH, headers, _TRACE_S, body)
    if isinstance(answer, dict) and isinstance(answer.get("rules"), list):
        rows: list[dict[str, Any]] = answer["rules"]
        return rows
    happened = answer.get("message") if isinstance(answer, dict) else "it does not answer."
    raise TargetError("trace a message", f"The embedded AWS: {happened}", "try it again.")


def wait_until_gone(pid: int, timeout_s: float) -> bool:
    """Return whether a process ends in time."""
    try:
        psutil.Process(pid).wait(timeout_s)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


def end(pid: int, workspace: Path) -> None:
    """End the server of a workspace: first as a request, then without asking.

    Raises:
        TargetError: It is still there.
    """
    for attempt in ("terminate", "kill"):
        if not is_server(pid, workspace):
            return
        try:
            getattr(psutil.Process(pid), attempt)()
        except psutil.NoSuchProcess:
            return
        if wait_until_gone(pid, _END_S):
            return
    raise TargetError(
        "stop the embedded AWS",
        f"process {pid} does not end.",
        f"end process {pid} with the means of your operating system, then try again.",
    )


@contextmanager
def _open_output(lab_dir: Path) -> Iterator[IO[bytes]]:
    """Open the file for what the server prints before its log is open, or as it crashes."""
    with (lab_dir / SERVER_OUTPUT).open("wb") as output:
        yield output


def _server_environment() -> dict[str, str]:
    """Return this process's environment without what would change the server's behaviour."""
    kept = {
        name: value
        for name, value in base_environment().items()
        if not name.startswith(("AWS_", "TF_", "MINISTACK_", "LAMBDA_", "COV_"))
    }
    return {**kept, "PYTHONUNBUFFERED": "1"}


def _apart() -> dict[str, Any]:
    """Return the options that keep a terminal's Ctrl-C, or its end, from reaching the server."""
    if sys.platform == "win32":
        return {"creationflags": 0x00000200 | 0x00000008}  # new process group, no console
    return {"start_new_session": True}


def _serves(command: list[str], workspace: Path) -> bool:
    if _MODULE not in command or "--workspace" not in command:
        return False
    index = command.index("--workspace") + 1
    return index < len(command) and command[index] == str(workspace)


def _request(
    session: Session,
    method: str,
    path: str,
    headers: dict[str, str],
    timeout_s: float,
    body: bytes | None = None,
) -> Any:
    address = urlsplit(session.endpoint_url)
    connection = http.client.HTTPConnection(
        address.hostname or "", address.port or 0, timeout=timeout_s
    )
    try:
        with closing(connection):
            connection.request(method, path, body=body, headers=headers)
            return json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return None


def _happened_and_next(output: str) -> tuple[str, str]:
    """Split the server's own explanation into what happened and what to do next."""
    happened, _, next_step = output.partition("What to do: ")
    lines = [line for line in happened.splitlines() if not line.startswith("Could not ")]
    return " ".join(lines).strip(), next_step.strip() or "`lab stop` ends the one that runs."


def _tail(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-_TAIL_LINES:])
