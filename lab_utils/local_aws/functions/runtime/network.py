"""Where a function's connections to AWS go: to the embedded AWS, and never to the internet."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

AWS_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
"""How the names of AWS's hosts end."""
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


def lead_to_lab(local_ports: Mapping[int, int], aws_ports: Mapping[int, int]) -> None:
    """Let connections to AWS's hosts and to this machine's usual ports end at the lab.

    An endpoint of somebody's real account, hard-coded in a function, so reaches the lab too.
    Everything else is untouched.

    Args:
        local_ports: For each port of this machine that stands for a door of AWS, the door's
            port here.
        aws_ports: The same for hosts of AWS.
    """
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *given: Any, **named: Any) -> Any:
        """Resolve host and port into a list of address info entries."""
        name, number = _name(host), _number(port)
        if name in _LOCAL_NAMES and number in local_ports:
            return resolve("127.0.0.1", local_ports[number], *given, **named)
        if name.endswith(AWS_SUFFIXES):
            if number in aws_ports:
                return resolve("127.0.0.1", aws_ports[number], *given, **named)
            raise socket.gaierror(
                socket.EAI_NONAME,
                f"{name}:{port}: functions of the lab reach AWS at the lab only, which has "
                f"no such port; it has {', '.join(map(str, aws_ports))}",
            )
        return resolve(host, port, *given, **named)

    socket.getaddrinfo = getaddrinfo


def _name(host: Any) -> str:
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return text.lower().rstrip(".") if isinstance(text, str) else ""


def _number(port: Any) -> int:
    text = port.decode("ascii", "replace") if isinstance(port, bytes) else port
    if text == "https":
        return 443
    try:
        return int(text)
    except (TypeError, ValueError):
        return 0
