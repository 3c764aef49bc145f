"""The AWS APIs over TLS, for programs that put ``https://`` before a host name of AWS IoT.

A function's code is such a program: ``https://`` and what ``DescribeEndpoint`` answers. The door
has a certificate for whatever name it is asked by, as far as the name is AWS's or this machine's.
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import hypercorn.config

from lab_utils.local_aws.functions.runtime.network import AWS_SUFFIXES

_LOCAL_NAMES = ("localhost",)

Issue = Callable[[Sequence[str]], tuple[str, str]]


class TlsConfig(hypercorn.config.Config):  # type: ignore[misc]
    """hypercorn's configuration with certificates that are made when they are asked for.

    Args:
        issue: Makes a certificate for host names, and its key.
    """

    def __init__(self, issue: Issue) -> None:
        super().__init__()
        self._issue = issue
        self._contexts: dict[str, ssl.SSLContext] = {}

    @property
    def ssl_enabled(self) -> bool:
        """Whether the sockets speak TLS."""
        return True

    def create_ssl_context(self) -> ssl.SSLContext:
        """Return the context of a new connection, for a client that names no host."""
        context = self._context(_LOCAL_NAMES)
        context.sni_callback = self._choose
        return context

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if not name or not name.lower().endswith(AWS_SUFFIXES):
            return
        if name not in self._contexts:
            self._contexts[name] = self._context((name,))
        connection.context = self._contexts[name]

    def _context(self, names: Sequence[str]) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        with tempfile.TemporaryDirectory() as folder:
            chain = Path(folder) / "chain.pem"
            chain.touch(0o600)
            chain.write_text("".join(self._issue(names)), encoding="ascii")
            context.load_cert_chain(chain)
        return context


def write_bundle(place: Path, authority: bytes) -> None:
    """Write a file of the authorities that the AWS SDK trusts, and the lab's own.

    Args:
        place: The file.
        authority: The lab's certificate, PEM.
    """
    sdk = find_spec("botocore")
    known = Path(sdk.origin).with_name("cacert.pem") if sdk and sdk.origin else None
    public = known.read_bytes() if known and known.is_file() else b""
    place.write_bytes(public + b"\n" + authority)
