"""Ports on the loopback interface: the usual ones if they are free, else any."""

from __future__ import annotations

import os
import socket

from lab_utils.errors import TargetError

LOOPBACK = "127.0.0.1"


def bind_loopback(port: int | None, usual: int, purpose: str) -> socket.socket:
    """Return a socket that is bound, so that nobody can take its port before it listens.

    Args:
        port: The port that was asked for, or None for the usual one, else any free one.
        usual: The service's usual port.
        purpose: What it is for, as the error names it.

    Raises:
        TargetError: The port that was asked for is taken.
    """
    if port is not None:
        return _bind_asked(port, purpose)
    try:
        return _bind(usual)
    except OSError:
        return _bind(0)


def bind_if_free(port: int) -> socket.socket | None:
    """Return a socket that is bound to a port, or None if it is taken or not ours to use."""
    try:
        return _bind(port)
    except OSError:
        return None


def _bind_asked(port: int, purpose: str) -> socket.socket:
    try:
        return _bind(port)
    except OSError as error:
        raise TargetError(
            f"start the embedded AWS with {purpose} on port {port}",
            f"{LOOPBACK}:{port} cannot be used: {error.strerror or error}.",
            "choose another port, leave the choice to the lab, or stop the program that uses it.",
        ) from error


def _bind(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # On Windows this option would let two programs share a port; elsewhere it only spares
        # the wait for the connections of the server before this one.
        if os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((LOOPBACK, port))
        # Listening at once is what keeps a second server from binding the same port.
        bound.listen()
    except OSError:
        bound.close()
        raise
    return bound
