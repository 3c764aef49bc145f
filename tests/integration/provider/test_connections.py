"""Several provider blocks, several runs, and connections that break."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import grpc
import pytest
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc
from tf.utils import read_dynamic_value, to_dynamic_value

from lab_utils.local_aws.provider.aws import aws_provider
from lab_utils.local_aws.provider.clients import Clients, Credentials
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.local.files import LocalFile
from lab_utils.local_aws.provider.peers import Peers
from lab_utils.local_aws.provider.provider import make_unconfigured_provider
from lab_utils.local_aws.provider.server import ProviderServers, serve_provider, serve_providers
from lab_utils.local_aws.provider.values import State
from lab_utils.local_aws.session_file import Session
from lab_utils.terraform import find_engine
from tests.integration.provider.forwarder import Forwarder
from tests.integration.provider.workspace import TerraformFailedError, TerraformWorkspace

MakeWorkspace = Callable[..., TerraformWorkspace]
AwsClient = Callable[..., Any]
Unique = Callable[[str], str]
POLICY = """jsonencode({
            Version   = "2012-10-17"
            Statement = [{ Effect = "Allow", Action = "iot:Connect", Resource = "*" }]
          })"""
DEADLINE_S = 30


class WaitingFile(LocalFile):
    """A file that is written only once Terraform asks to stop."""

    started: ClassVar[threading.Event] = threading.Event()

    def create(self, context: Context, planned: State) -> State:
        if planned["filename"] == "at-once":
            return super().create(context, planned)
        self.started.set()
        if not context.peer.stopping.wait(DEADLINE_S):
            raise ProviderError("nobody asked to stop")
        raise ProviderError("stopped as asked")


@pytest.fixture
def waiting_providers(tmp_path: Path) -> Iterator[ProviderServers]:
    provider = make_unconfigured_provider("local", [WaitingFile()], [])
    WaitingFile.started.clear()
    served = serve_provider(provider, Peers(tmp_path), Clients("http://127.0.0.1:1"))
    servers = ProviderServers({"local": served})
    yield servers
    servers.stop()


def test_provider_blocks_with_aliases_have_their_own_region_and_tags(
    terraform_workspace: MakeWorkspace, aws_client: AwsClient, unique: Unique
) -> None:
    name = unique("aliased")
    work = terraform_workspace(f"""
        provider "aws" {{
          default_tags {{
            tags = {{ side = "west" }}
          }}
        }}
        provider "aws" {{
          alias  = "east"
          region = "us-east-1"
          default_tags {{
            tags = {{ side = "east" }}
          }}
        }}
        resource "aws_iot_policy" "west" {{
          name   = "{name}"
          policy = {POLICY}
        }}
        resource "aws_iot_policy" "east" {{
          provider = aws.east
          name     = "{name}"
          policy   = {POLICY}
        }}
    """)
    work.apply()
    west, east = (work.state(f"aws_iot_policy.{side}") for side in ("west", "east"))
    assert (west["region"], west["tags_all"]) == ("eu-west-1", {"side": "west"})
    assert (east["region"], east["tags_all"]) == ("us-east-1", {"side": "east"})
    assert ":us-east-1:" in east["arn"]
    assert work.plan() == {}
    work.destroy()
    assert name not in [one["policyName"] for one in aws_client("iot").list_policies()["policies"]]


def test_two_runs_at_once_write_to_their_own_folders(terraform_workspace: MakeWorkspace) -> None:
    hcl = """
        resource "local_file" "it" {
          count    = 20
          filename = "made/${count.index}"
          content  = path.cwd
        }
    """
    works = [terraform_workspace(hcl, name) for name in ("one", "two", "three")]
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(work.apply) for work in works]:
            done.result(DEADLINE_S)
    for work in works:
        written = {path.read_text() for path in (work.folder / "made").iterdir()}
        assert written == {str(work.folder)}
        assert work.plan() == {}


def test_an_interrupt_ends_the_waits_of_its_own_run_only(
    waiting_providers: ProviderServers, tmp_path: Path
) -> None:
    hcl = 'resource "local_file" "it" {\n filename = "%s"\n content = "x"\n}'
    works = {}
    for name in ("never", "at-once"):
        (tmp_path / name).mkdir()
        works[name] = TerraformWorkspace(tmp_path / name, waiting_providers.reattach())
        works[name].write(hcl % name)
        works[name].init()
    waiting = works["never"]
    process = subprocess.Popen(
        [*waiting.engine, "apply", "-auto-approve", "-input=false", "-no-color"],
        cwd=waiting.folder,
        env=waiting.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert WaitingFile.started.wait(DEADLINE_S)
        works["at-once"].apply()
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=DEADLINE_S)
        assert "stopped as asked" in told
    finally:
        process.kill()
    assert waiting.addresses() == []
    works["at-once"].destroy()
    assert not (works["at-once"].folder / "at-once").exists()


def test_an_endpoint_that_goes_down_in_the_middle_loses_nothing(
    aws_session: Session, tmp_path: Path, aws_client: AwsClient, unique: Unique
) -> None:
    first, second = unique("first"), unique("second")
    with Forwarder(aws_session.endpoint_url, cut_at=f"POST /things/{second}") as forwarder:
        servers = serve_providers(
            endpoint_url=forwarder.url,
            region="eu-west-1",
            default_cwd=tmp_path,
            access_key="test",
            secret_key="test",
        )
        try:
            folder = tmp_path / "work"
            folder.mkdir()
            work = TerraformWorkspace(folder, servers.reattach())
            work.write(f"""
                resource "aws_iot_thing" "first" {{ name = "{first}" }}
                resource "aws_iot_thing" "second" {{
                  name       = "{second}"
                  depends_on = [aws_iot_thing.first]
                }}
            """)
            work.init()
            with pytest.raises(TerraformFailedError) as raised:
                work.apply()
            assert f"creating IoT Thing ({second})" in raised.value.summaries
            assert "operation error IoT: request send failed" in raised.value.summaries
            assert '"aws_iot_thing" "second"' in raised.value.snippets
            assert work.addresses() == ["aws_iot_thing.first"]
            with pytest.raises(TerraformFailedError, match="request send failed"):
                work.plan()
            forwarder.mend()
            work.apply()
            assert work.addresses() == ["aws_iot_thing.first", "aws_iot_thing.second"]
            assert work.plan() == {}
            work.destroy()
        finally:
            servers.stop()
    names = [one["thingName"] for one in aws_client("iot").list_things()["things"]]
    assert not {first, second}.intersection(names)


class Connection:
    """A connection of the test's own to a provider, as Terraform makes them."""

    def __init__(self, address: str) -> None:
        options = [("grpc.use_local_subchannel_pool", 1)]
        self._channel = grpc.insecure_channel(address, options=options)
        self._stub = rpc.ProviderStub(self._channel)

    def begin(self) -> Connection:
        self._stub.GetProviderSchema(pb.GetProviderSchema.Request(), timeout=DEADLINE_S)
        return self

    def configure(self, region: str) -> Connection:
        config = to_dynamic_value({"region": region})
        request = pb.ConfigureProvider.Request(terraform_version="1", config=config)
        assert not self._stub.ConfigureProvider(request, timeout=DEADLINE_S).diagnostics
        return self

    def region(self) -> tuple[str | None, str]:
        """Return the region that the provider says it is in, and the errors it reports."""
        names = ("description", "endpoint", "id", "name", "region")
        config = to_dynamic_value(dict.fromkeys(names))
        request = pb.ReadDataSource.Request(type_name="aws_region", config=config)
        answer = self._stub.ReadDataSource(request, timeout=DEADLINE_S)
        summaries = " ".join(one.summary for one in answer.diagnostics)
        state = read_dynamic_value(answer.state) if not summaries else {}
        return state.get("region"), summaries

    def close(self) -> None:
        self._channel.close()


@pytest.fixture
def aws_address(aws_session: Session, tmp_path: Path) -> Iterator[str]:
    clients = Clients(aws_session.endpoint_url)
    provider = aws_provider("eu-west-1", Credentials("test", "test"), clients)
    server, address = serve_provider(provider, Peers(tmp_path), clients)
    yield address
    server.stop(0).wait()


def test_a_process_that_connects_anew_keeps_its_only_provider_block(aws_address: str) -> None:
    with closing(Connection(aws_address).begin().configure("eu-central-1")) as first:
        assert first.region() == ("eu-central-1", "")
        with closing(Connection(aws_address)) as again:
            assert again.region() == ("eu-central-1", "")


def test_a_process_with_several_provider_blocks_is_not_guessed_about(aws_address: str) -> None:
    connections = [
        Connection(aws_address).begin().configure("eu-central-1"),
        Connection(aws_address).begin().configure("us-east-1"),
    ]
    again = Connection(aws_address)
    assert [one.region()[0] for one in connections] == ["eu-central-1", "us-east-1"]
    region, errors = again.region()
    assert region is None
    assert "connection to the lab's provider was lost" in errors
    assert again.begin().configure("eu-north-1").region() == ("eu-north-1", "")
    for one in (*connections, again):
        one.close()


def test_a_port_that_an_earlier_process_had_says_nothing_of_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        peers = Peers(tmp_path)
        port = server.getsockname()[1]
        peers.serve_at(port)
        address = ""
        for name in ("earlier", "later"):
            folder = tmp_path / name
            folder.mkdir()
            bound = int(address.rpartition(":")[2] or 0)
            child = _connect_from(folder, bound, port)
            accepted, (_, from_port) = server.accept()
            address = f"ipv4:127.0.0.1:{from_port}"
            peer = peers.begin(address)
            assert peer.folder == folder
            assert peer.configuration is None
            assert not peer.stopping.is_set()
            assert peers.get(address) is peer
            peer.configuration = name
            peer.stopping.set()
            child.kill()
            child.wait(DEADLINE_S)
            accepted.close()


def _connect_from(folder: Path, port: int, to_port: int) -> subprocess.Popen[bytes]:
    """Start a process in a folder that connects from a port, with an abrupt end to come."""
    code = f"""
import socket, struct, time
one = socket.socket()
one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
one.bind(("127.0.0.1", {port}))
one.connect(("127.0.0.1", {to_port}))
time.sleep({DEADLINE_S})
"""
    return subprocess.Popen([shutil.which("python3") or "python3", "-c", code], cwd=folder)


def test_both_registries_names_are_handed_over(providers: ProviderServers) -> None:
    registries = ("registry.terraform.io", "registry.opentofu.org")
    names = ("aws", "local", "archive", "null", "random", "time")
    wanted = {f"{host}/hashicorp/{name}" for host in registries for name in names}
    reattach = providers.reattach()
    assert set(reattach) == wanted
    for one in reattach.values():
        assert one["Protocol"] == "grpc"
        assert one["ProtocolVersion"] == 6
        host, _, port = one["Addr"]["String"].partition(":")
        assert host == "127.0.0.1"
        with socket.create_connection((host, int(port)), timeout=DEADLINE_S):
            pass


@pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on PATH")
def test_the_terraform_on_path_works_like_the_library(
    providers: ProviderServers, tmp_path: Path, unique: Unique
) -> None:
    name = unique("binary")
    folder = tmp_path / "work"
    folder.mkdir()
    engine = [shutil.which("terraform") or "terraform"]
    assert engine != find_engine()
    work = TerraformWorkspace(folder, providers.reattach(), engine)
    work.write(f"""
        resource "aws_iot_thing" "it" {{ name = "{name}" }}
        resource "local_file" "it" {{
          filename = "arn"
          content  = aws_iot_thing.it.arn
        }}
        data "archive_file" "it" {{
          type        = "zip"
          output_path = "arn.zip"
          source_file = local_file.it.filename
        }}
    """)
    work.init()
    work.apply()
    assert (folder / "arn").read_text().endswith(name)
    assert (folder / "arn.zip").is_file()
    assert work.plan() == {}
    work.destroy()
