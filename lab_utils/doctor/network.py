"""The network of this machine: ports and proxies."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress

import psutil

from lab_utils.doctor.symptoms import Symptom, note, ok

USUAL_PORTS = {4566: "the AWS APIs", 8883: "MQTT", 443: "MQTT for devices that name no port"}
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


def examine_port(port: int, purpose: str, own_pid: int | None = None) -> Symptom:
    """Return whether a port of the loopback interface is free; the lab takes another if not.

    Args:
        port: The port.
        purpose: What the lab uses it for.
        own_pid: The process of this workspace's embedded AWS, if it runs.
    """
    name = f"port {port}"
    try:
        with socket.create_server(("127.0.0.1", port)):
            return ok(name, f"free, for {purpose}")
    except PermissionError:
        return note(name, f"only for administrators, so this is not served: {purpose}")
    except OSError:
        user = port_user(port)
    if user is not None and user.pid == own_pid:
        return ok(name, f"this workspace's embedded AWS serves {purpose} there")
    return note(
        name,
        f"used by {_who(user)}; {purpose}: at another port",
        "lab status tells which; or end that program, then lab stop and lab start",
    )


def port_user(port: int) -> psutil.Process | None:
    """Return the process that listens on a port, where the system tells it."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return None
    listening = (one for one in connections if one.status == psutil.CONN_LISTEN)
    pids = (one.pid for one in listening if one.laddr and one.laddr.port == port)
    pid = next((one for one in pids if one), None)
    try:
        return psutil.Process(pid) if pid else None
    except psutil.NoSuchProcess:
        return None


def _who(user: psutil.Process | None) -> str:
    if user is None:
        return "a program that does not show itself"
    with suppress(psutil.Error):
        is_lab = any("lab_utils.local_aws" in part for part in user.cmdline())
        name = "another workspace's embedded AWS" if is_lab else user.name()
        return f"{name}, process {user.pid}"
    return f"process {user.pid}"


def examine_proxies(environ: Mapping[str, str]) -> Symptom:
    """Return which proxy variables are set; a local lab goes past them."""
    named = sorted({name.upper() for name in _PROXIES if environ.get(name)})
    if not named:
        return ok("proxy", "none is set")
    seen = f"{', '.join(named)} set; only the installation and LAB_TARGET=aws go through it"
    return note("proxy", seen, 'for programs of your own: export NO_PROXY="127.0.0.1,localhost"')
