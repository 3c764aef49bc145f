"""The commands of bubblewrap: the cell around everything, and what is enclosed in it.

Each enclosed program has processes, users and files of its own, and shares the cell's network:
the embedded AWS answers there. Whoever listens in a cell is heard by the student's programs, on a
port and on an abstract socket alike; so the grader listens on neither.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lab_utils.grading.sandbox import view
from lab_utils.grading.sandbox.call_filter import call_filter
from lab_utils.grading.sandbox.limits import MB, Limits
from lab_utils.grading.sandbox.paths import CellPaths

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_BECOME = Path(__file__).with_name("become.py")
_TMP_BYTES = 64 * MB
_NAMESPACES = (
    "--die-with-parent",
    "--new-session",
    "--unshare-user",
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
)
_TASK_THREADS, _FUNCTION_THREADS = 512, 128
_LAST = ("/bin/sh", "-c", '{ echo 10 > /proc/self/autogroup; } 2>&-; exec nice -n 10 "$@"', "sh")
"""Lets a function compute when nobody else wants to: one without end must not hold others up.

Where Linux shares the processor out by sessions, niceness counts within one session alone; then
the session has a niceness of its own.
"""
PART = "LAB_PART"
"""The variable that says, as the first of a command's arguments, what is enclosed."""


@dataclass(frozen=True)
class Bubblewrap:
    """bubblewrap's commands for one cell.

    Attributes:
        program: The path of ``bwrap``.
        paths: Where things lie in the cell.
    """

    program: str
    paths: CellPaths

    def cell(
        self,
        command: Sequence[str],
        limits: Limits,
        etc: Mapping[str, int],
        environment: Mapping[str, str],
    ) -> list[str]:
        """Return the command that runs the grader in a cell.

        Args:
            command: The grader's command.
            limits: What the whole cell may use.
            etc: The file descriptors of the cell's own files of ``/etc``, by name.
            environment: All that the grader gets.
        """
        own = [self.program, *_NAMESPACES, "--unshare-net", "--cap-add", "CAP_NET_ADMIN"]
        own += ["--hostname", "cell", *view.system(), *view.etc()]
        for name, descriptor in etc.items():
            own += ["--perms", "0644", "--file", str(descriptor), f"/etc/{name}"]
        own += ["--proc", "/proc", *view.devices(), *_memory("/tmp", _TMP_BYTES, "1777")]
        # Half of it is for the grader, who goes on where the student's programs filled theirs.
        own += _memory(str(self.paths.root), 2 * limits.disk_mb * MB, "0755")
        own += [*self._programs(view.CELL_PARTS), *view.programs()]
        own += ["--remount-ro", "/", "--clearenv", "--chdir", str(self.paths.root)]
        for name, value in environment.items():
            own += ["--setenv", name, value]
        orders = first_orders(self.paths, limits, command, is_enclosed=True)
        return [*own, "--", *bootstrap(orders)]

    def as_user(self, command: Sequence[str], user: int) -> list[str]:
        """Return the command that runs another as an ordinary user, for one who is root.

        The machine's files are shown at their places first, also those that lie below a folder
        which only root may enter.

        Args:
            command: What `cell` returned.
            user: The number of the user and of its group.
        """
        stage = [self.program, "--die-with-parent", "--new-session"]
        stage += [*view.system(), *view.etc(), "--bind", "/proc", "/proc", *view.devices()]
        stage += [*_memory("/tmp", _TMP_BYTES, "1777"), *self._programs(view.CELL_PARTS)]
        for file in view.found_programs().values():
            stage += view.read_only(file)
        return [*stage, "--", sys.executable, "-I", "-S", str(_BECOME), str(user), *command]

    def task(self, command: Sequence[str], cwd: Path, own: Path, name: str) -> list[str]:
        """Return the command that runs the student's code, enclosed in the cell.

        Args:
            command: What to run.
            cwd: Where it starts.
            own: A fresh folder with ``tmp`` and ``shm``, its ``/tmp`` and ``/dev/shm``.
            name: Tells it from others.
        """
        paths = self.paths
        inner = [*self._inner(f"task {name}"), "--disable-userns"]
        inner += [*view.devices(own / "shm"), *view.writable(own / "tmp", Path("/tmp"))]
        inner += [*view.python(view.PROGRAM_PARTS), *view.programs()]
        inner += [*view.writable(paths.workspace), *view.writable(paths.scratch)]
        inner += [*view.read_only(paths.shared), *view.read_only(paths.guest)]
        inner += ["--remount-ro", "/"]
        inner += ["--setenv", "HOME", "/tmp/home", "--setenv", "TMPDIR", "/tmp"]
        return [*inner, "--chdir", str(cwd), "--", *_few(_TASK_THREADS), *command]

    def server(self, command: Sequence[str]) -> list[str]:
        """Return the command that runs the embedded AWS, enclosed in the cell."""
        paths = self.paths
        inner = [*self._inner("server"), *view.devices()]
        inner += view.writable(paths.server / "tmp", Path("/tmp"))
        inner += self._programs(view.PROGRAM_PARTS)
        inner += [*view.writable(paths.workspace), *view.writable(paths.server)]
        inner += ["--remount-ro", "/", "--setenv", "HOME", "/tmp", "--setenv", "TMPDIR", "/tmp"]
        return [*inner, "--chdir", str(paths.workspace), "--", *command]

    def function_prefix(self, disk_mb: int) -> list[str]:
        """Return what is put before the command of a Lambda function, for the embedded AWS.

        Args:
            disk_mb: How much the function may write to its ``/tmp``.
        """
        inner = [*self._inner("function"), "--disable-userns", *view.devices()]
        inner += [*_memory("/tmp", disk_mb * MB, "1777"), *view.python(view.PROGRAM_PARTS)]
        inner += ["--ro-bind", "{folder}", "{folder}", "--remount-ro", "/", "--chdir", "{folder}"]
        return [*inner, "--", *_few(_FUNCTION_THREADS), *_LAST]

    def _programs(self, parts: Iterable[Path]) -> list[str]:
        """Return Python and bubblewrap; they may lie below ``/tmp``, which has to be there before.

        Args:
            parts: Those of the checkout that are seen, too.
        """
        program = Path(self.program)
        is_seen = program.is_relative_to("/usr")
        return [*view.python(parts), *([] if is_seen else view.read_only(program))]

    def _inner(self, part: str) -> list[str]:
        named = [self.program, "--setenv", PART, part]
        files = [*view.system(), *view.read_only(Path("/etc"))]
        return [*named, *_NAMESPACES, *files, "--proc", "/proc"]


def first_orders(
    paths: CellPaths, limits: Limits, command: Sequence[str], *, is_enclosed: bool
) -> dict[str, Any]:
    """Return what `bootstrap.py` is told."""
    kernel_limits = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": limits.file_mb * MB}
    if is_enclosed:
        kernel_limits["RLIMIT_NPROC"] = limits.threads
    return {
        "root": str(paths.root),
        "folders": [*map(str, paths.all()), str(paths.server / "tmp")],
        "limits": kernel_limits,
        "is_enclosed": is_enclosed,
        "filter": call_filter().hex() if is_enclosed else "",
        "command": list(command),
    }


def bootstrap(orders: Mapping[str, Any]) -> list[str]:
    """Return the command of a cell's first program."""
    return [sys.executable, "-I", "-S", str(_BOOTSTRAP), json.dumps(orders)]


def cell_order(paths: CellPaths, limits: Limits, program: str | None) -> dict[str, Any]:
    """Return what the grader in the cell is told of its cell; see `enclosure.enter`."""
    return {"root": str(paths.root), "program": program, "limits": asdict(limits)}


def etc_files(user: int) -> dict[str, bytes]:
    """Return a cell's own files of ``/etc``.

    Args:
        user: The number of the user that it runs as, and of its group.
    """
    names = f"root:x:0:0:root:/:/usr/sbin/nologin\nstudent:x:{user}:{user}::/tmp/home:/bin/bash\n"
    return {
        "passwd": names.encode(),
        "group": f"root:x:0:\nstudent:x:{user}:\n".encode(),
        "hosts": b"127.0.0.1 localhost cell\n",
        "nsswitch.conf": b"passwd: files\ngroup: files\nhosts: files\nservices: files\n",
    }


def _few(threads: int) -> list[str]:
    """Return what lets a program have no more threads; the watch counts too, but not as fast."""
    prlimit = shutil.which("prlimit", path="/usr/bin:/bin")
    return [prlimit, f"--nproc={threads}", "--"] if prlimit else []


def _memory(place: str, size_bytes: int, mode: str) -> list[str]:
    return ["--perms", mode, "--size", str(size_bytes), "--tmpfs", place]
