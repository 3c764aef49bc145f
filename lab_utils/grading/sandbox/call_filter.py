"""Which system calls no program in a cell may make, as a filter for the kernel (seccomp).

Namespaces hide files, processes and the network; what is left is what they do not cover: memory
that no process is seen to hold, key rings, and interfaces that a program of the practical does
not need and that have often been a way out. Such a call fails as on a kernel without it.

Source:
    https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Mapping

_X86_64, _AARCH64 = 0xC000003E, 0xC00000B7
_MACHINES = {"x86_64": _X86_64, "aarch64": _AARCH64}
_NUMBERS: Mapping[str, tuple[int | None, int | None]] = {
    # name: on x86_64, on aarch64
    "memfd_create": (319, 279),  # memory outside of every limit
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "open_by_handle_at": (304, 265),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "quotactl": (179, 60),
    "syslog": (103, 116),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    "vmsplice": (278, 75),
}
_IOCTL = {_X86_64: 16, _AARCH64: 29}
_TERMINAL_INPUT = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX, which type into a terminal."""
_FIRST_X32_CALL = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _MACHINE_AT, _SECOND_ARGUMENT_AT = 0, 4, 24
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.ENOSYS
_Instruction = tuple[int, int, int, int]


def call_filter(machine: str | None = None) -> bytes:
    """Return the filter; empty on a machine whose calls' numbers are not known here.

    Args:
        machine: As `platform.machine` names it; this one by default.
    """
    kind = _MACHINES.get(machine or platform.machine())
    if kind is None:
        return b""
    column = 0 if kind == _X86_64 else 1
    numbers = [one for pair in _NUMBERS.values() if (one := pair[column]) is not None]
    return b"".join(struct.pack("=HBBI", *one) for one in _instructions(kind, numbers))


def _instructions(kind: int, numbers: list[int]) -> list[_Instruction]:
    """Return the program: each jump is forward, and `refuse` is its last instruction."""
    head: list[_Instruction] = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_EQUAL, 1, 0, kind),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    tail: list[_Instruction] = [
        (_EQUAL, 0, 3, _IOCTL[kind]),
        (_LOAD, 0, 0, _SECOND_ARGUMENT_AT),
        (_EQUAL, 2, 0, _TERMINAL_INPUT[0]),
        (_EQUAL, 1, 0, _TERMINAL_INPUT[1]),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    tests = [(_AT_LEAST, _FIRST_X32_CALL), *((_EQUAL, one) for one in numbers)]
    last = len(tests) + len(tail) - 1
    body = [(code, last - place - 1, 0, value) for place, (code, value) in enumerate(tests)]
    return head + body + tail
