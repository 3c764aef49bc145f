"""The first program in a cell: ``python -I -S bootstrap.py ORDERS``.

It takes the given files from its standard input, opens the low ports of the cell's own network,
sets the limits that the kernel keeps, gives its rights up, and becomes the grader. It is run by
its path, with the standard library alone, so that a cell costs no second start of the package.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from typing import BinaryIO

_LOW_PORTS = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
_FIRST_TO_GO = "/proc/self/oom_score_adj"
"""Where the machine's memory runs out, the system ends a cell rather than its neighbours."""
_CAPABILITIES_V3 = 0x20080522
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def main(argv: list[str]) -> None:
    """Become the command that the orders name.

    Args:
        argv: One JSON object: ``root``, ``folders``, ``limits`` (of `resource`, by name),
            ``is_enclosed``, ``filter`` (of system calls, in hexadecimal digits) and ``command``.
    """
    orders = json.loads(argv[0])
    for folder in orders["folders"]:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    take_files(sys.stdin.buffer, orders["root"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    if orders["is_enclosed"]:
        with open(_LOW_PORTS, "w", encoding="ascii") as setting:  # noqa: PTH123
            setting.write("0")
        with open(_FIRST_TO_GO, "w", encoding="ascii") as setting:  # noqa: PTH123
            setting.write("800")
    for name, most in orders["limits"].items():
        _limit(getattr(resource, name), most)
    library = ctypes.CDLL(None, use_errno=True)
    if not orders["is_enclosed"] and sys.platform.startswith("linux"):
        # What a program leaves behind becomes the grader's child, and is found and ended as one.
        _require(library.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
        _require(library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    _give_up_rights(library)
    _filter_calls(library, bytes.fromhex(orders["filter"]))
    os.chdir(orders["root"])
    os.execv(orders["command"][0], orders["command"])


def take_files(source: BinaryIO, root: str) -> None:
    """Write the given files: a line of JSON, pairs of name and size, then their contents."""
    for name, size in json.loads(source.readline() or "[]"):
        path = os.path.join(root, name)  # noqa: PTH118
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(source.read(size))


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    least = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (least, least))


def _give_up_rights(library: ctypes.CDLL) -> None:
    """Drop every capability: a bubblewrap below refuses to start with any."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if not sys.platform.startswith("linux"):
        return
    _require(library.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
    _require(library.capset(ctypes.byref(header), ctypes.byref(nothing)))
    _require(library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def _filter_calls(library: ctypes.CDLL, instructions: bytes) -> None:
    if not instructions:
        return
    buffer = ctypes.create_string_buffer(instructions, len(instructions))
    program = _Program(len(instructions) // 8, ctypes.addressof(buffer))
    _require(library.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0))


def _require(status: int) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main(sys.argv[1:])
