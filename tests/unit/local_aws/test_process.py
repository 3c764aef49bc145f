"""Sessions, locks, ports, the gateway: what holds the process together."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from lab_utils.errors import TargetError
from lab_utils.local_aws import process
from lab_utils.local_aws.gateway import HEALTH_PATH, STOP_PATH, TOKEN_HEADER, Gateway
from lab_utils.local_aws.lock import WorkspaceBusyError, WorkspaceLock
from lab_utils.local_aws.ports import bind_loopback
from lab_utils.local_aws.server_settings import ServerSettings, parse_arguments
from lab_utils.local_aws.session_file import (
    Session,
    SessionFileError,
    read_session,
    write_private,
    write_session,
)

SESSION = Session(
    endpoint_url="http://127.0.0.1:4566",
    mqtt_host="localhost",
    mqtt_port=8883,
    ca_file="/lab/root-CA.crt",
    region="eu-west-1",
    account="123456789012",
    speed=60,
    workspace="/lab",
    pid=123,
    reattach={"registry.terraform.io/hashicorp/aws": {"Pid": 123}},
    stop_token="secret",
)


def test_a_session_file_gives_back_the_session(tmp_path: Path) -> None:
    write_session(tmp_path / "session.json", SESSION)
    assert read_session(tmp_path / "session.json") == SESSION
    assert "secret" not in repr(SESSION)
    assert "stop_token" not in SESSION.status()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"mqtt": {"host": "localhost", "port": 1}}', '{"mqtt": 1}']
)
def test_what_is_no_session_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "session.json").write_text(text)
    with pytest.raises(SessionFileError, match="no session of this version"):
        read_session(tmp_path / "session.json")


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    with pytest.raises(OSError, match="target"):
        write_private(tmp_path / "target", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_the_environment_names_the_endpoint_and_hands_the_providers_over() -> None:
    environment = SESSION.environment()
    assert environment["AWS_ENDPOINT_URL"] == SESSION.endpoint_url
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert json.loads(environment["TF_REATTACH_PROVIDERS"]) == SESSION.reattach


def test_a_lock_lets_one_in_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "start.lock"
    with WorkspaceLock(path), pytest.raises(WorkspaceBusyError):
        WorkspaceLock(path).acquire()
    with WorkspaceLock(path):
        pass


def test_a_lock_that_cannot_be_made_is_an_error_of_the_file_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"start\.lock"):
        WorkspaceLock(tmp_path / "missing" / "start.lock").acquire()


def test_a_taken_usual_port_gives_another_and_an_asked_one_an_error() -> None:
    with bind_loopback(None, 0, "a test") as taken:
        port = taken.getsockname()[1]
        with bind_loopback(None, port, "a test") as other:
            assert other.getsockname()[0] == "127.0.0.1"
            assert other.getsockname()[1] not in (0, port)
        with pytest.raises(TargetError, match=f"MQTT on port {port}"):
            bind_loopback(port, 0, "MQTT")
    with bind_loopback(None, port, "a test") as free_again:
        assert free_again.getsockname()[1] == port
        assert isinstance(free_again, socket.socket)


@pytest.mark.parametrize("ports", [(None, None), (4567, 8884)])
def test_the_command_line_is_read_as_it_was_written(ports: tuple[int | None, int | None]) -> None:
    settings = ServerSettings(Path("/a b/é"), "eu-west-1", 60, *ports, ("python3.7", "python3.8"))
    assert parse_arguments(settings.arguments()) == settings


def test_this_process_is_no_server_and_neither_is_one_that_is_gone(tmp_path: Path) -> None:
    assert not process.is_server(2**22 + 1, tmp_path)
    assert not process.is_server(os.getpid(), tmp_path)


def test_a_failed_start_tells_what_the_server_said(tmp_path: Path) -> None:
    output = "Could not start the embedded AWS.\nThe port is taken.\nWhat to do: use another.\n"
    (tmp_path / "aws.out").write_text(output)
    error = process.failed_start(tmp_path, 3)
    assert error.happened == "The port is taken."
    assert error.next_step == "use another."


def test_a_start_that_crashed_shows_the_last_lines_of_the_log(tmp_path: Path) -> None:
    (tmp_path / "aws.log").write_text("".join(f"line {n}\n" for n in range(100)))
    (tmp_path / "aws.out").write_text("MemoryError\n")
    error = process.failed_start(tmp_path, 1)
    assert "line 99\nMemoryError" in error.happened
    assert "line 80\n" not in error.happened
    assert str(tmp_path / "aws.log") in error.happened


class Caller:
    """Calls an ASGI application and keeps what it answers."""

    def __init__(self) -> None:
        self.stops = 0
        self.passed_on: list[str] = []
        self.traced: list[bytes] = []
        self.gateway = Gateway(self._app, lambda: {"pid": 1}, self._stop, self._trace)

    async def _app(self, scope: MutableMapping[str, Any], _receive: Any, send: Any) -> None:
        self.passed_on.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    def _stop(self) -> None:
        self.stops += 1

    async def _trace(self, body: bytes) -> tuple[int, bytes]:
        self.traced.append(body)
        return 200, b'{"rules": []}'

    def call(self, path: str, method: str = "POST", **headers: str) -> tuple[int, Any]:
        sent: list[MutableMapping[str, Any]] = []

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": b""}

        encoded = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
        scope = {"type": "http", "path": path, "method": method, "headers": encoded}
        asyncio.run(self.gateway(scope, receive, send))
        return sent[0]["status"], json.loads(sent[1]["body"])


def test_the_gateway_answers_its_own_paths_and_passes_the_others_on() -> None:
    caller = Caller()
    assert caller.call(HEALTH_PATH, "GET") == (200, {"pid": 1})
    assert caller.call("/things/a")[0] == 200
    assert caller.call("/_ministack/reset")[0] == 404
    assert caller.passed_on == ["/things/a"]


def test_only_the_token_stops_the_server() -> None:
    caller = Caller()
    header = TOKEN_HEADER.replace("-", "_")
    assert caller.call(STOP_PATH)[0] == 403
    assert caller.call(STOP_PATH, **{header: "guessed"})[0] == 403
    assert caller.call(STOP_PATH, "GET", **{header: caller.gateway.stop_token})[0] == 403
    assert caller.stops == 0
    assert caller.call(STOP_PATH, **{header: caller.gateway.stop_token})[0] == 202
    assert caller.stops == 1


def test_only_the_token_lets_a_message_be_traced() -> None:
    caller = Caller()
    for method, token in (("POST", "guess"), ("GET", caller.gateway.trace_token)):
        assert caller.call("/_lab/trace", method, x_lab_token=token)[0] == 403
    assert caller.traced == []
    assert caller.call("/_lab/trace", x_lab_token=caller.gateway.trace_token)[0] == 200
    assert caller.traced == [b""]


def test_a_message_over_http_may_have_128_kib() -> None:
    caller = Caller()
    key = {"authorization": "AWS4-HMAC-SHA256 ..."}
    assert caller.call("/topics/a", content_length=str(128 * 1024), **key)[0] == 200
    status, answer = caller.call("/topics/a", content_length=str(128 * 1024 + 1), **key)
    assert status == 413
    assert answer["__type"] == "RequestEntityTooLargeException"


def test_a_publish_that_nobody_signed_is_refused_as_aws_refuses_it() -> None:
    caller = Caller()
    refusal = (403, {"message": "Missing Authentication Token"})
    assert caller.call("/topics/a", content_length="2") == refusal
    assert caller.passed_on == []


def test_nothing_of_ministack_is_loaded_to_control_a_server() -> None:
    # What starts and finds servers is loaded in every notebook; ministack belongs to the server.
    code = (
        "import sys, lab_utils.local_aws.control\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('ministack', 'hypercorn', 'grpc')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
