"""The Terraform processes at the other end: their folder, environment and provider configuration.

One server answers many Terraform runs, and one run may configure a provider several times (by
alias): each has a connection of its own, so everything here is kept per connection.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

_FORGET_AFTER_S = 3600.0
_PASSED = ("AWS_",)


@dataclass
class Peer:
    """One connection.

    Attributes:
        folder: The working folder of the process at the other end.
        environment: Its ``AWS_*`` variables.
        hidden: Folders whose files a configuration may neither read nor write.
        process: That process, if it can be told.
        configuration: The provider block, once it was sent.
        is_ambiguous: Whether it comes from a process that lost a connection, and it cannot be
            told which of several provider blocks that one had.
        stopping: Set when Terraform asks the provider to stop (an interrupt).
    """

    folder: Path
    environment: Mapping[str, str]
    hidden: tuple[Path, ...] = ()
    process: psutil.Process | None = None
    configuration: Any = None
    is_ambiguous: bool = False
    stopping: threading.Event = field(default_factory=threading.Event)
    last_seen: float = field(default_factory=time.monotonic)

    @property
    def is_alive(self) -> bool:
        """Whether more calls may come."""
        if self.process is not None:
            return self.process.is_running()
        return time.monotonic() - self.last_seen < _FORGET_AFTER_S


class Peers:
    """The connections of one server.

    Args:
        default_folder: The working folder when the process cannot be told.
        hidden: Folders whose files a configuration may neither read nor write.
    """

    def __init__(self, default_folder: Path, hidden: tuple[Path, ...] = ()) -> None:
        self._default_folder = default_folder
        self._hidden = hidden
        self._server_port: int | None = None
        self._peers: dict[str, Peer] = {}
        self._lock = threading.Lock()

    def serve_at(self, port: int) -> None:
        """Tell the server's own port, which tells its connections from others."""
        self._server_port = port

    def begin(self, address: str) -> Peer:
        """Return the connection of a call that Terraform makes first on each.

        The address may be one that an earlier process had, whose folder and configuration would
        be wrong here.
        """
        peer = self._find(address)
        with self._lock:
            known = self._peers.get(address)
            if known is not None and peer.process is not None and known.process == peer.process:
                return known
            self._remember(address, peer)
        return peer

    def get(self, address: str) -> Peer:
        """Return the connection from an address as gRPC names it, ``ipv4:127.0.0.1:4242``."""
        with self._lock:
            peer = self._peers.get(address)
        if peer is not None and peer.is_alive:
            peer.last_seen = time.monotonic()
            return peer
        peer = self._find(address)
        with self._lock:
            self._inherit(peer)
            self._remember(address, peer)
        return peer

    def _inherit(self, peer: Peer) -> None:
        """Give a connection that a process made anew the provider block that it sent before.

        An idle connection is closed after half an hour, for instance while somebody thinks about
        an approval; Terraform does not send the provider block again.
        """
        before = [
            one.configuration
            for one in self._peers.values()
            if peer.process is not None and one.process == peer.process and one.configuration
        ]
        if len(before) == 1:
            peer.configuration = before[0]
        peer.is_ambiguous = len(before) > 1

    def _remember(self, address: str, peer: Peer) -> None:
        for name in [name for name, one in self._peers.items() if not one.is_alive]:
            del self._peers[name]
        self._peers[address] = peer

    def _find(self, address: str) -> Peer:
        port = address.rpartition(":")[2]
        process = _process_of(int(port), self._server_port) if port.isdigit() else None
        if process is None:
            return Peer(self._default_folder, {}, self._hidden)
        folder = _folder_of(process) or self._default_folder
        return Peer(folder, _environment_of(process), self._hidden, process)


def _process_of(port: int, server_port: int | None) -> psutil.Process | None:
    """Return the process that has a connection from this local port to the server's.

    The newest process is looked at first: it is Terraform, which has just begun. To list every
    connection of the machine would take as long as Terraform itself where there are thousands,
    and macOS lets only root do it.
    """
    for process in sorted(psutil.process_iter(), key=_age):
        try:
            connections = process.net_connections(kind="tcp")
        except psutil.Error:
            continue
        if any(_joins(one, port, server_port) for one in connections):
            return process
    return None


def _age(process: psutil.Process) -> float:
    """Return what sorts the newest process first, and one that is gone last."""
    try:
        return -process.create_time()
    except psutil.Error:
        return 0.0


def _joins(connection: Any, port: int, server_port: int | None) -> bool:
    if not connection.laddr or not connection.raddr or connection.laddr.port != port:
        return False
    return server_port is None or bool(connection.raddr.port == server_port)


def _folder_of(process: psutil.Process) -> Path | None:
    try:
        return Path(process.cwd())
    except (psutil.Error, OSError):
        return None


def _environment_of(process: psutil.Process) -> dict[str, str]:
    try:
        environment = process.environ()
    except (psutil.Error, OSError):
        return {}
    return {name: value for name, value in environment.items() if name.startswith(_PASSED)}
