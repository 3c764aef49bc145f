"""An embedded AWS that is kept for others: apart from their workspace, with enclosed functions."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from lab_utils import Lab
from lab_utils.errors import TargetError, TerraformError
from lab_utils.local_aws import process
from lab_utils.local_aws.ports import LOOPBACK
from lab_utils.local_aws.server_settings import EXPLAINED, ServerSettings
from lab_utils.local_aws.session_file import Session, SessionFileError, read_session
from lab_utils.local_aws.shared_door import SharedDoor
from tests.integration.conftest import client_of
from tests.integration.lambdas import LOGGING, Lambdas
from tests.integration.things import create_device, wait_until

HCL = """
data "aws_iot_endpoint" "it" { endpoint_type = "iot:Data-ATS" }
resource "aws_dynamodb_table" "kept" {
  name         = "Kept"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}
output "endpoint" { value = data.aws_iot_endpoint.it.endpoint_address }
"""
PUBLISHES = """
import boto3, http.client, urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

PATH = "/topics/AC/AC-1?qos=1"

def signed(host):
    request = AWSRequest("POST", f"https://{host}{PATH}", data=b"{}")
    SigV4Auth(boto3.Session().get_credentials(), "iotdata", "eu-west-1").add_auth(request)
    return dict(request.headers)

def by_http_client(host):
    connection = http.client.HTTPSConnection(host)
    connection.request("POST", PATH, body=b"{}", headers=signed(host))
    return connection.getresponse().status

def by_urllib3(host, headers=None):
    headers = headers or signed(host)
    pool = urllib3.PoolManager()
    return pool.request("POST", f"https://{host}{PATH}", body=b"{}", headers=headers).status

def by_boto3(host):
    client = boto3.client("iot-data", endpoint_url=f"https://{host}")
    return client.publish(topic="AC/AC-1", qos=1)["ResponseMetadata"]["HTTPStatusCode"]

def lambda_handler(event, context):
    endpoint = boto3.client("iot").describe_endpoint(endpointType="iot:Data-ATS")
    address = endpoint["endpointAddress"]
    hosts = address, f"{address}:8443", "a1-ats.iot.eu-west-1.amazonaws.com"
    found = {use(host) for host in hosts for use in (by_http_client, by_urllib3, by_boto3)}
    return [sorted(found), by_urllib3(address, {"Host": address})]
"""
LOOKS = """
import os, subprocess, sys, time

def lambda_handler(event, context):
    if event.get("exit"):
        os._exit(event["exit"])
    if event.get("sleep"):
        subprocess.Popen(["sleep", "1234"], start_new_session=True)
        time.sleep(event["sleep"])
    return {"enclosed": os.environ["ENCLOSED"], "folder": os.getcwd(),
            "sees_session": os.path.exists(event["session"])}
"""


def prefix(lab_dir: Path) -> tuple[str, ...]:
    """Return what encloses a function: bubblewrap where it works, else a shell."""
    bwrap = shutil.which("bwrap")
    words = ("--unshare-pid", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc")
    if bwrap and subprocess.run([bwrap, *words, "true"], check=False).returncode == 0:
        own = ("--tmpfs", str(lab_dir), "--ro-bind", "{folder}", "{folder}")
        return (bwrap, *words, *own, "--setenv", "ENCLOSED", "yes", "--die-with-parent")
    return ("/bin/sh", "-c", 'ENCLOSED=yes "$@"; exit $?', "sh")


@contextmanager
def serving(folder: Path) -> Iterator[Session]:
    """Serve, as the child of this process, until the end."""
    lab_dir, workspace = folder / "kept", folder / "workspace"
    lab_dir.mkdir()
    (workspace / "terraform").mkdir(parents=True)
    settings = ServerSettings(
        workspace,
        "eu-west-1",
        60,
        kept_runtimes=("python3.7",),
        own_lab_dir=lab_dir,
        function_prefix=prefix(lab_dir),
    )
    server = process.launch(settings)

    def look() -> Session | None:
        assert server.poll() is None, (lab_dir / "aws.out").read_text()
        try:
            return read_session(lab_dir / "session.json")
        except (FileNotFoundError, SessionFileError):
            return None

    try:
        yield wait_until(look, "a session", 60)
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with serving(tmp_path_factory.mktemp("a course")) as session:
        yield session


@pytest.fixture
def lab(kept: Session, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("LAB_SESSION", str(guest_file(kept)))
    return Lab(workspace=kept.workspace, speed=3, report=lambda _line: None)


@pytest.fixture
def lambdas(kept: Session) -> Lambdas:
    return Lambdas(kept, lambda stem: f"{stem}_{uuid.uuid4().hex[:8]}")


def guest_file(session: Session) -> Path:
    return Path(session.ca_file).parent / "guest" / "session.json"


def test_a_guest_applies_and_cannot_stop_it(lab: Lab, kept: Session) -> None:
    (Path(kept.workspace) / "terraform" / "main.tf").write_text(HCL)
    lab.apply()
    assert lab.outputs["endpoint"] == "localhost"
    assert lab.speed == 60
    assert "Kept" in lab.client("dynamodb").list_tables()["TableNames"]
    assert lab.trace("a/b", {}).empty
    guest = read_session(guest_file(kept))
    process.request_stop(guest, 5)
    assert process.health(guest) is not None
    assert not (Path(kept.workspace) / ".lab" / "session.json").exists()


@pytest.mark.parametrize(
    "block",
    [
        'data "local_file" "it" { filename = "/proc/self/environ" }',
        'data "local_file" "it" { filename = "KEPT/session.json" }',
        'resource "local_file" "it" {\n content = "x"\n filename = "KEPT/state/clock.json"\n}',
        'data "archive_file" "it" {\n type = "zip"\n output_path = "z"\n source_dir = "src"\n}',
        'data "archive_file" "it" {\n type = "zip"\n output_path = "link"\n source_dir = "."\n}',
    ],
)
def test_no_configuration_reaches_what_is_the_server_s_own(
    lab: Lab, kept: Session, block: str
) -> None:
    folder, lab_dir = Path(kept.workspace) / "terraform", Path(kept.ca_file).parent
    (folder / "src").mkdir(exist_ok=True)
    for link in (folder / "src" / "link", folder / "link"):
        if not link.is_symlink():
            link.symlink_to(lab_dir / "session.json")
    before = {path: path.read_bytes() for path in (lab_dir / "state").rglob("*.json")}
    for path in folder.glob("*.tf"):
        path.unlink()
    (folder / "main.tf").write_text(block.replace("KEPT", str(lab_dir)))
    with pytest.raises(TerraformError, match="permission denied"):
        lab.apply()
    assert {path: path.read_bytes() for path in before} == before


def test_a_session_of_a_server_that_is_gone_says_so(
    kept: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = json.loads(guest_file(kept).read_text())
    (tmp_path / "old.json").write_text(json.dumps({**told, "started_at": "2020-01-01T00:00:00Z"}))
    monkeypatch.setenv("LAB_SESSION", str(tmp_path / "old.json"))
    with pytest.raises(TargetError, match="another embedded AWS"):
        Lab(workspace=kept.workspace, report=lambda _line: None)


def test_functions_are_enclosed_and_measured_by_themselves(lambdas: Lambdas, kept: Session) -> None:
    name = lambdas.create(LOOKS, Runtime="python3.7")
    session_file = Path(kept.ca_file).parent / "session.json"
    answer = lambdas.invoke(name, {"session": str(session_file)})
    assert answer.error is None, answer.payload
    assert answer.payload["enclosed"] == "yes"
    assert Path(answer.payload["folder"]).parent == session_file.parent / "functions"
    is_apart = "bwrap" in prefix(session_file.parent)[0]
    assert answer.payload["sees_session"] is not is_apart
    used_mb = int(answer.lines[-1].partition("Max Memory Used: ")[2].split()[0])
    assert used_mb >= 6, "a shell or bubblewrap has less than that"


@pytest.mark.parametrize(("status", "words"), [(7, "exit status 7"), (137, "signal: killed")])
def test_the_end_of_a_function_is_told_through_what_encloses_it(
    lambdas: Lambdas, status: int, words: str
) -> None:
    answer = lambdas.invoke(lambdas.create(LOOKS), {"exit": status})
    assert answer.payload["errorMessage"].endswith(words)


def test_a_function_that_takes_too_long_leaves_nothing(lambdas: Lambdas, kept: Session) -> None:
    if "bwrap" not in prefix(Path())[0]:
        pytest.skip("without bubblewrap nobody ends what leaves the process group")
    name = lambdas.create(LOOKS, Timeout=2)
    assert lambdas.invoke(name, {"sleep": 60}).payload["errorType"] == "Sandbox.Timedout"
    server = psutil.Process(kept.pid)

    def is_gone() -> bool:
        return not any(one.name() == "sleep" for one in server.children(recursive=True))

    wait_until(is_gone, "nothing is left", 60)


def test_what_nothing_encloses_is_not_run(lambdas: Lambdas) -> None:
    name = lambdas.create({"index.js": "exports.handler = () => 1"}, Runtime="nodejs22.x")
    answer = lambdas.invoke(name)
    assert answer.error == "Unhandled"
    assert "a runtime of Python only" in answer.payload["errorMessage"]


def test_a_function_publishes_over_https_at_the_usual_ports_with_any_client(
    lambdas: Lambdas,
) -> None:
    role = lambdas.role({**LOGGING, "iot:Publish": "*", "iot:DescribeEndpoint": "*"})
    answer = lambdas.invoke(lambdas.create(PUBLISHES, role=role, Timeout=60))
    assert answer.error is None, answer.payload
    assert answer.payload == [[200], 403], "signed by each client; unsigned"


@pytest.fixture(scope="module")
def shared_port(kept: Session) -> Iterator[int]:
    """The door of port 443, at another port, which anybody may use."""
    bound = socket.create_server((LOOPBACK, 0))
    port = bound.getsockname()[1]
    loop = asyncio.new_event_loop()
    door = SharedDoor(bound, kept.mqtt_port, kept.https_port)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(door.open(), loop).result(10)
    yield port
    asyncio.run_coroutine_threadsafe(door.close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def ask(port: int, context: ssl.SSLContext, words: bytes) -> bytes:
    with (
        socket.create_connection((LOOPBACK, port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        secure.sendall(words)
        return secure.recv(64)


HEALTH = b"GET /_lab/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
CONNECT = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x1e\x00\x01a"


@pytest.mark.parametrize("protocols", [[], ["h2", "http/1.1"], ["x-amzn-http-ca"]])
def test_at_the_shared_port_https_is_what_is_meant(
    kept: Session, shared_port: int, protocols: list[str]
) -> None:
    context = ssl.create_default_context(cafile=kept.ca_file)
    if protocols:
        context.set_alpn_protocols(protocols)
    assert ask(shared_port, context, HEALTH).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("protocol", ["x-amzn-mqtt-ca", "mqtt"])
def test_at_the_shared_port_mqtt_is_what_a_client_names_and_needs_a_certificate(
    kept: Session, shared_port: int, tmp_path: Path, protocol: str
) -> None:
    context = ssl.create_default_context(cafile=kept.ca_file)
    context.set_alpn_protocols([protocol])
    try:
        refusal = ask(shared_port, context, CONNECT)
    except OSError:  # An alert, or a reset, as it happens.
        refusal = b""
    assert refusal == b""
    device = create_device(client_of(kept, "iot"), tmp_path / "device", f"{protocol}-policy")
    context.load_cert_chain(device.certificate, device.private_key)
    assert ask(shared_port, context, CONNECT) == b"\x20\x02\x00\x00", "accepted"


@pytest.mark.parametrize("words", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff\x01"])
def test_the_shared_port_survives_what_is_no_tls(
    kept: Session, shared_port: int, words: bytes
) -> None:
    with socket.create_connection((LOOPBACK, shared_port), timeout=10) as plain:
        plain.sendall(words)
        plain.shutdown(socket.SHUT_WR)
        assert plain.recv(64) == b""
    context = ssl.create_default_context(cafile=kept.ca_file)
    assert ask(shared_port, context, HEALTH)


def test_no_enclosed_process_is_left_when_the_server_is_killed(tmp_path: Path) -> None:
    with serving(tmp_path) as session:
        lambdas = Lambdas(session, lambda stem: f"{stem}_1")
        name = lambdas.create(LOOKS, Timeout=900)
        lambdas.invoke(name, {"sleep": 600}, InvocationType="Event")
        server = psutil.Process(session.pid)

        def begun() -> list[psutil.Process]:
            below = server.children(recursive=True)
            return below if any(one.name() == "sleep" for one in below) else []

        below = wait_until(begun, "the function and what it started", 60)
        if "bwrap" not in prefix(tmp_path)[0]:
            below = [one for one in below if one.name() != "sleep"]
        os.kill(session.pid, signal.SIGKILL)
        wait_until(lambda: not any(one.is_running() for one in below), "nothing is left", 60)


def test_a_server_that_could_enclose_no_function_does_not_start(tmp_path: Path) -> None:
    settings = ServerSettings(
        tmp_path, "eu-west-1", 1, own_lab_dir=tmp_path, function_prefix=("/no/such/bwrap",)
    )
    assert process.launch(settings).wait(60) == EXPLAINED
    assert "There is no program /no/such/bwrap" in (tmp_path / "aws.out").read_text()
