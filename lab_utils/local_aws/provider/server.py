"""Serves the providers over gRPC to every Terraform that is told to reattach to them."""

from __future__ import annotations

import os
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from tf.gen import grpc_controller_pb2 as controller_pb
from tf.gen import grpc_controller_pb2_grpc as controller_rpc
from tf.gen import grpc_stdio_pb2_grpc as stdio_rpc
from tf.gen import tfplugin_pb2_grpc as rpc

from lab_utils.local_aws.provider.archive import archive_provider
from lab_utils.local_aws.provider.aws import aws_provider
from lab_utils.local_aws.provider.clients import Clients, Credentials
from lab_utils.local_aws.provider.local import local_provider
from lab_utils.local_aws.provider.peers import Peers
from lab_utils.local_aws.provider.plain import plain_providers
from lab_utils.local_aws.provider.provider import Provider
from lab_utils.local_aws.provider.servicer import ProviderServicer

_REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
_LARGEST_MESSAGE = 64 * 1024 * 1024
_WORKERS = 64
"""More than Terraform's own limit, for several runs at once that wait for their resources."""
_OPTIONS = [
    ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
    ("grpc.max_send_message_length", _LARGEST_MESSAGE),
    ("grpc.so_reuseport", 0),
]


@dataclass(frozen=True)
class ProviderServers:
    """The running servers, one for each provider, by name and address."""

    servers: dict[str, tuple[Any, str]]

    def reattach(self) -> dict[str, Any]:
        """Return what ``TF_REATTACH_PROVIDERS`` has to hold, for Terraform and for OpenTofu."""
        return {
            f"{registry}/hashicorp/{name}": {
                "Protocol": "grpc",
                "ProtocolVersion": 6,
                "Test": True,
                "Pid": os.getpid(),
                "Addr": {"Network": "tcp", "String": address},
            }
            for registry in _REGISTRIES
            for name, (_, address) in self.servers.items()
        }

    def stop(self, grace_s: float = 0.2) -> None:
        """Stop serving; calls under way get ``grace_s`` seconds."""
        for event in [server.stop(grace_s) for server, _ in self.servers.values()]:
            event.wait()


def serve_providers(
    *,
    endpoint_url: str,
    region: str,
    default_cwd: Path,
    access_key: str,
    secret_key: str,
    hidden: tuple[Path, ...] = (),
) -> ProviderServers:
    """Return the running servers of hashicorp/aws, local, archive, null, random and time.

    Args:
        endpoint_url: The embedded AWS.
        region: The region when neither the provider block nor Terraform's environment names one.
        default_cwd: Where relative paths start when Terraform's own folder cannot be told.
        access_key: The key when neither of those names one.
        secret_key: Its secret.
        hidden: Folders whose files a configuration may neither read nor write.
    """
    clients = Clients(endpoint_url)
    default = Credentials(access_key, secret_key)
    providers = [
        aws_provider(region, default, clients),
        local_provider(),
        archive_provider(),
        *plain_providers(),
    ]
    return ProviderServers(
        {one.name: serve_provider(one, Peers(default_cwd, hidden), clients) for one in providers}
    )


def serve_provider(provider: Provider, peers: Peers, clients: Clients) -> tuple[Any, str]:
    """Return a running server of one provider, and its address."""
    pool = futures.ThreadPoolExecutor(_WORKERS, thread_name_prefix=f"provider-{provider.name}")
    server = grpc.server(pool, options=_OPTIONS)
    rpc.add_ProviderServicer_to_server(ProviderServicer(provider, peers, clients), server)
    controller_rpc.add_GRPCControllerServicer_to_server(_Controller(), server)
    stdio_rpc.add_GRPCStdioServicer_to_server(_Stdio(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    peers.serve_at(port)
    server.start()
    return server, f"127.0.0.1:{port}"


class _Controller(controller_rpc.GRPCControllerServicer):  # type: ignore[misc]
    """Answers a client's request to shut down, which is not its to make: others are served."""

    def Shutdown(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        return controller_pb.Empty()


class _Stdio(stdio_rpc.GRPCStdioServicer):  # type: ignore[misc]
    """Streams nothing: the server's output is no client's."""

    def StreamStdio(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        return iter(())
