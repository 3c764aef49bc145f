"""Starting, finding and stopping, with everything that can be in the way."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from lab_utils.errors import TargetError
from lab_utils.local_aws import control
from lab_utils.local_aws.session_file import SESSION_FILE, Session, write_session
from lab_utils.settings import Settings, read_settings
from tests.integration.conftest import client_of
from tests.integration.mqtt_probe import Mqtt5Probe
from tests.integration.things import create_device, create_table, wait_until


@pytest.fixture
def occupied_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def other_program() -> Iterator[int]:
    """A process that has nothing to do with the lab."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as program:
        yield program.pid
        assert program.poll() is None, "the lab ended a program that is not its own"
        program.kill()


def test_starting_twice_gives_the_same_session(lab_workspace: Settings) -> None:
    first = control.start(lab_workspace)
    assert control.start(lab_workspace) == first
    assert control.find(lab_workspace) == first
    document = json.loads((lab_workspace.state_dir / SESSION_FILE).read_text())
    assert document["running"] is True
    assert document["mqtt"] == {"host": "localhost", "port": first.mqtt_port}
    if os.name == "posix":
        mode = (lab_workspace.state_dir / SESSION_FILE).stat().st_mode & 0o777
        assert mode == 0o600


def test_two_starts_at_once_are_one_server(lab_workspace: Settings) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(control.start, lab_workspace) for _ in range(2)]
        first, second = (start.result(30) for start in both)
    assert first == second


def test_a_stopped_server_leaves_no_session_and_no_process(lab_workspace: Settings) -> None:
    session = control.start(lab_workspace)
    assert control.stop(lab_workspace) is True
    assert not psutil.pid_exists(session.pid)
    assert not (lab_workspace.state_dir / SESSION_FILE).exists()
    assert control.find(lab_workspace) is None
    assert control.stop(lab_workspace) is False


@pytest.mark.skipif(os.name != "posix", reason="signals are asked of a process on POSIX only")
@pytest.mark.parametrize("name", ["terminate", "interrupt"])
def test_a_signal_ends_the_server_cleanly(lab_workspace: Settings, name: str) -> None:
    session = control.start(lab_workspace)
    create_table(client_of(session, "dynamodb"), "temperature")
    client_of(session, "dynamodb").put_item(TableName="temperature", Item={"id": {"S": "a"}})
    process = psutil.Process(session.pid)
    process.terminate() if name == "terminate" else process.send_signal(2)
    process.wait(10)
    assert not (lab_workspace.state_dir / SESSION_FILE).exists()
    session = control.start(lab_workspace)
    assert client_of(session, "dynamodb").scan(TableName="temperature")["Count"] == 1


def test_a_reset_forgets_everything(lab_workspace: Settings) -> None:
    session = control.start(lab_workspace)
    create_table(client_of(session, "dynamodb"), "temperature")
    client_of(session, "dynamodb").put_item(TableName="temperature", Item={"id": {"S": "a"}})
    authority = Path(session.ca_file).read_bytes()
    session = control.reset(lab_workspace)
    assert client_of(session, "dynamodb").list_tables()["TableNames"] == []
    assert Path(session.ca_file).read_bytes() != authority


def test_two_workspaces_do_not_meet(lab_workspace: Settings, tmp_path: Path) -> None:
    other_workspace = read_settings(workspace=tmp_path / "other one", environ={})
    one, other = control.start(lab_workspace), control.start(other_workspace)
    try:
        assert {one.endpoint_url, one.mqtt_port}.isdisjoint({other.endpoint_url, other.mqtt_port})
        create_table(client_of(one, "dynamodb"), "only_here")
        assert client_of(other, "dynamodb").list_tables()["TableNames"] == []
        device = create_device(client_of(one, "iot"), tmp_path / "device", "policy")
        with Mqtt5Probe(one, device) as probe:
            probe.connack()
        context = ssl.create_default_context(cafile=one.ca_file)
        with (
            socket.create_connection(("127.0.0.1", other.mqtt_port), timeout=5) as plain,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            context.wrap_socket(plain, server_hostname="localhost")
        with Mqtt5Probe(other, device) as probe:
            probe.refusal()
        control.stop(other_workspace)
        assert control.find(lab_workspace) == one
    finally:
        control.stop(other_workspace)


def test_a_port_that_was_asked_for_has_to_be_free(
    lab_workspace: Settings, occupied_port: int
) -> None:
    with pytest.raises(TargetError) as refused:
        control.start(lab_workspace, http_port=occupied_port)
    assert f"127.0.0.1:{occupied_port}" in refused.value.happened
    assert "another port" in refused.value.next_step
    with pytest.raises(TargetError, match=str(occupied_port)):
        control.start(lab_workspace, mqtt_port=occupied_port)


def test_a_running_server_is_not_taken_for_one_at_another_speed(lab_workspace: Settings) -> None:
    session = control.start(lab_workspace, speed=10)
    assert session.speed == 10
    with pytest.raises(TargetError, match="speed 10") as refused:
        control.start(lab_workspace, speed=60)
    assert "lab stop" in refused.value.next_step
    assert control.start(lab_workspace).speed == 10
    with pytest.raises(TargetError, match="region eu-west-1"):
        control.start(replace(lab_workspace, region="us-east-1"))


def session_of(settings: Settings, pid: int, port: int = 9) -> Session:
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    session = Session(
        endpoint_url=f"http://127.0.0.1:{port}",
        mqtt_host="localhost",
        mqtt_port=9,
        ca_file="",
        region=settings.region,
        account="123456789012",
        speed=1,
        workspace=str(settings.workspace),
        pid=pid,
    )
    write_session(settings.state_dir / SESSION_FILE, session)
    return session


def test_a_session_whose_process_is_gone_is_cleaned_up(lab_workspace: Settings) -> None:
    session = control.start(lab_workspace)
    process = psutil.Process(session.pid)
    process.kill()
    process.wait(10)
    found = control.inspect(lab_workspace)
    assert found.session is None
    assert f"process {session.pid} is gone" in found.remark
    assert "lab start" in found.remark
    assert not (lab_workspace.state_dir / SESSION_FILE).exists()
    assert control.start(lab_workspace).pid != session.pid


def test_a_pid_that_is_another_programs_now_is_left_alone(
    lab_workspace: Settings, other_program: int
) -> None:
    session_of(lab_workspace, other_program)
    assert control.stop(lab_workspace) is False
    session_of(lab_workspace, other_program)
    assert control.find(lab_workspace) is None
    session_of(lab_workspace, other_program)
    assert control.start(lab_workspace).pid != other_program


@pytest.mark.parametrize("text", ["", "{", "[]", '{"endpoint_url": "http://127.0.0.1:4566"}', "\0"])
def test_a_session_file_that_makes_no_sense_is_no_obstacle(
    lab_workspace: Settings, text: str
) -> None:
    session = control.start(lab_workspace)
    (lab_workspace.state_dir / SESSION_FILE).write_text(text)
    assert control.inspect(lab_workspace).remark.startswith("the session file could not be used")
    (lab_workspace.state_dir / SESSION_FILE).write_text(text)
    # The server behind it cannot be found any more, so it makes way for a new one.
    assert control.start(lab_workspace).pid != session.pid
    assert not psutil.pid_exists(session.pid)


def test_a_server_that_does_not_answer_is_ended_by_stop(lab_workspace: Settings) -> None:
    session = control.start(lab_workspace)
    psutil.Process(session.pid).suspend()
    assert control.stop(lab_workspace, deadline_s=0.5) is True
    assert not psutil.pid_exists(session.pid)


def test_a_workspace_that_cannot_be_written_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for workspace in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/lab")):
        settings = read_settings(workspace=workspace, environ={})
        with pytest.raises(TargetError) as refused:
            control.start(settings)
        assert str(settings.state_dir) in refused.value.happened
        assert "LAB_WORKSPACE" in refused.value.next_step
        assert control.find(settings) is None


def test_a_start_that_dies_early_says_what_it_died_of(lab_workspace: Settings) -> None:
    state = lab_workspace.state_dir / "state"
    (state / "iam.state").mkdir(parents=True)  # a folder where a file has to be
    with pytest.raises(TargetError) as refused:
        control.start(lab_workspace)
    assert "iam.state" in refused.value.happened
    assert control.find(lab_workspace) is None
    assert control.reset(lab_workspace)


def test_a_start_that_takes_too_long_is_given_up(lab_workspace: Settings) -> None:
    with pytest.raises(TargetError, match="not become ready in time"):
        control.start(lab_workspace, deadline_s=0.01)
    assert control.start(lab_workspace)


def test_the_environment_of_a_session_reaches_it(lab_workspace: Settings) -> None:
    session = control.start(lab_workspace)
    environment = session.environment()
    assert environment["AWS_ENDPOINT_URL"] == session.endpoint_url
    assert Path(environment["TF_CLI_CONFIG_FILE"]).is_file()
    providers = json.loads(environment["TF_REATTACH_PROVIDERS"])
    assert "registry.terraform.io/hashicorp/aws" in providers
    assert "registry.opentofu.org/hashicorp/aws" in providers
    assert list(session.status()) == [
        *("target", "running", "endpoint_url", "mqtt", "ca_file", "region", "account", "speed"),
        *("workspace", "pid"),
    ]


def test_a_stop_request_needs_the_token(lab_workspace: Settings) -> None:
    session = control.start(lab_workspace)
    connection = http.client.HTTPConnection(session.endpoint_url.removeprefix("http://"))
    connection.request("POST", "/_lab/stop")
    assert connection.getresponse().status == 403
    connection.close()
    wait_until(lambda: control.find(lab_workspace) == session, "the server still there")


def test_the_certificate_authority_is_put_where_the_practical_has_it(
    lab_workspace: Settings,
) -> None:
    files = lab_workspace.terraform_dir / "files"
    files.mkdir(parents=True)
    session = control.start(lab_workspace)
    assert (files / "root-CA.crt").read_bytes() == Path(session.ca_file).read_bytes()
