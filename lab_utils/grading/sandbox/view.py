"""What of the machine's files an enclosed program sees, as arguments of bubblewrap."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from lab_utils.grading.sandbox.limits import MB
from lab_utils.settings import CHECKOUT, base_environment

_USR_PARTS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_STORES = ("/nix/store", "/gnu/store", "/home/linuxbrew/.linuxbrew")
_ETC = (
    "alternatives",
    "ca-certificates",
    "fonts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "os-release",
    "pki/ca-trust",
    "pki/tls/certs",
    "protocols",
    "services",
    "ssl/cert.pem",
    "ssl/certs",
    "ssl/openssl.cnf",
)
PROGRAMS = Path("/opt/lab/bin")
"""Where an enclosed program finds what lies outside of ``/usr`` on this machine's PATH."""
_OFTEN_ELSEWHERE = ("terraform", "tofu", "node")
"""Programs of one file that the lab takes from PATH where no Python package brings them."""
_DEVICES = ("null", "zero", "full", "random", "urandom")
_STREAMS = {"fd": "fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
_PACKAGE = CHECKOUT / "lab_utils"

PROGRAM_PARTS = (_PACKAGE,)
"""What an enclosed program sees of the checkout: nothing that solves an exercise, and no state."""
CELL_PARTS = tuple(
    CHECKOUT / one for one in ("lab_utils", "ci", "terraform", "lambda", "notebooks")
)
"""What the grader in the cell sees of it."""
_EXTRA = CHECKOUT / "requirements.lock"


def system() -> list[str]:
    """Return the read-only system: programs and libraries."""
    arguments = read_only(Path("/usr"))
    for name in _USR_PARTS:
        place = Path("/") / name
        if place.is_symlink():
            arguments += ["--symlink", str(place.readlink()), str(place)]
        elif place.is_dir():
            arguments += read_only(place)
    for store in _STORES:
        arguments += read_only(Path(store))
    return arguments


def etc() -> list[str]:
    """Return the little of the machine's ``/etc`` that programs need, none of it private."""
    return [word for name in _ETC for word in read_only(Path("/etc") / name)]


def python(parts: Iterable[Path]) -> list[str]:
    """Return this Python, its packages, and parts of the checkout, read-only at their places."""
    prefixes = {Path(one) for one in (sys.prefix, sys.base_prefix, sys.base_exec_prefix)}
    arguments = []
    for prefix in sorted(one for one in prefixes if not one.is_relative_to("/usr")):
        arguments += read_only(prefix)
    for part in (*parts, _EXTRA):
        arguments += read_only(part)
    return arguments + [word for link in _links(prefixes) for word in link]


def programs() -> list[str]:
    """Return programs that people install outside of ``/usr``, at a place of their own."""
    arguments = []
    for name, file in found_programs().items():
        place = PROGRAMS / name
        arguments += [*folders(place), "--ro-bind", str(file), str(place)]
    return arguments


def found_programs() -> dict[str, Path]:
    """Return the files of programs that lie outside of ``/usr``, by name."""
    found = {}
    for name in _OFTEN_ELSEWHERE:
        path = shutil.which(name, path=base_environment().get("PATH") or os.defpath)
        if path is not None and not Path(path).is_relative_to("/usr"):
            found[name] = Path(path).resolve()
    return found


def devices(shared_memory: Path | None = None) -> list[str]:
    """Return ``/dev``: no terminal, and nothing of the machine's.

    bubblewrap's own ``--dev`` makes pseudo terminals, for which it takes a second user namespace:
    then the network is no longer the cell's own to set up.

    Args:
        shared_memory: The folder that is ``/dev/shm``; else a small file system in memory.
    """
    arguments = ["--perms", "0755", "--tmpfs", "/dev"]
    for name in _DEVICES:
        arguments += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    for name, target in _STREAMS.items():
        arguments += ["--symlink", f"/proc/self/{target}", f"/dev/{name}"]
    if shared_memory is None:
        arguments += ["--perms", "1777", "--size", str(64 * MB), "--tmpfs", "/dev/shm"]
    else:
        arguments += ["--bind", str(shared_memory), "/dev/shm"]
    return [*arguments, "--remount-ro", "/dev"]


def read_only(path: Path) -> list[str]:
    """Return a path of the machine, read-only at its own place; nothing if it is not there."""
    if not path.exists():
        return []
    return [*folders(path), "--ro-bind", str(path), str(path)]


def writable(path: Path, place: Path | None = None) -> list[str]:
    """Return a folder that can be written, at its own place or another."""
    place = place or path
    return [*folders(place), "--bind", str(path), str(place)]


def folders(path: Path) -> list[str]:
    """Return the folders above a path; bubblewrap would make them for their owner alone."""
    arguments = []
    for parent in reversed(path.parents[:-1]):
        arguments += ["--perms", "0755", "--dir", str(parent)]
    return arguments


def _links(prefixes: Iterable[Path]) -> Iterator[list[str]]:
    """Yield the links from this Python's name to its file that lie outside of what is seen."""
    seen = [Path("/usr"), *prefixes]
    link = Path(sys.executable)
    while link.is_symlink():
        if not any(link.is_relative_to(one) for one in seen):
            yield [*folders(link), "--symlink", str(link.readlink()), str(link)]
        link = link.parent / link.readlink()
