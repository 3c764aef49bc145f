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
        configuration: The provider block, once it was sent.
        stopping: Set when Terraform asks the provider to stop (an interrupt).
    """

    folder: Path
    environment: Mapping[str, str]
    configuration: Any = None
    stopping: threading.Event = field(default_factory=threading.Event)
    last_seen: float = field(default_factory=time.monotonic)


class Peers:
    """The connections of one server.

    Args:
        default_folder: The working folder when the process cannot be told.
    """

    def __init__(self, default_folder: Path) -> None:
        self._default_folder = default_folder
        self._peers: dict[str, Peer] = {}
        self._lock = threading.Lock()

    def get(self, address: str) -> Peer:
        """Return the connection from an address as gRPC names it, ``ipv4:127.0.0.1:4242``."""
        now = time.monotonic()
        with self._lock:
            peer = self._peers.get(address)
        if peer is None:
            peer = self._find(address)
        with self._lock:
            peer = self._peers.setdefault(address, peer)
            peer.last_seen = now
            for name, one in list(self._peers.items()):
                if now - one.last_seen > _FORGET_AFTER_S:
                    del self._peers[name]
        return peer

    def _find(self, address: str) -> Peer:
        port = address.rpartition(":")[2]
        pid = _process_of(int(port)) if port.isdigit() else None
        if pid is None:
            return Peer(self._default_folder, {})
        return Peer(_folder_of(pid) or self._default_folder, _environment_of(pid))


def _process_of(port: int) -> int | None:
    """Return the process that has a connection from this local port."""
    try:
        connections = psutil.net_connections(kind="tcp4")
    except psutil.AccessDenied:  # macOS shows other processes' connections only to root
        return _own_process_of(port)
    return next((one.pid for one in connections if _is_from(one.laddr, port) and one.pid), None)


def _own_process_of(port: int) -> int | None:
    for process in psutil.process_iter():
        try:
            connections = process.net_connections(kind="tcp4")
        except psutil.Error:
            continue
        if any(_is_from(one.laddr, port) for one in connections):
            return int(process.pid)
    return None


def _is_from(address: Any, port: int) -> bool:
    return bool(address) and address.port == port


def _folder_of(pid: int) -> Path | None:
    try:
        return Path(psutil.Process(pid).cwd())
    except (psutil.Error, OSError):
        return None


def _environment_of(pid: int) -> dict[str, str]:
    try:
        environment = psutil.Process(pid).as_dict(["environ"])["environ"] or {}
    except (psutil.Error, OSError):
        return {}
    return {name: value for name, value in environment.items() if name.startswith(_PASSED)}
