"""A PostgreSQL server of a test's own: in a temporary folder, on this machine's own address."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

USER, PASSWORD = "grader", "p@ss/word"
PATIENCE_S = 120


@contextmanager
def running_postgresql() -> Iterator[int]:
    """Run a PostgreSQL server, and yield its port; skip the test where none is installed."""
    programs = _find_programs()
    with tempfile.TemporaryDirectory(prefix="postgresql-") as name:
        folder = Path(name)
        secret = folder / "password"
        secret.write_text(PASSWORD)
        for file in (folder, secret):
            shutil.chown(file, _owner())
        port = _free_port()
        init = ["-U", USER, "-A", "scram-sha-256", "--pwfile", str(secret), "--no-sync"]
        _run(programs / "initdb", folder, init)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        log = str(folder / "log")
        start = ["-w", "-t", str(PATIENCE_S), "-l", log, "-o", options, "start"]
        try:
            _run(programs / "pg_ctl", folder, start)
            yield port
        finally:
            # It may run, too, where its start took too long.
            _run(programs / "pg_ctl", folder, ["-w", "-m", "immediate", "stop"], has_to=False)


def _find_programs() -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    found = str(installed[-1]) if installed else shutil.which("initdb")
    if found is None:
        pytest.skip("no PostgreSQL is installed; on Debian or Ubuntu: apt-get install postgresql")
    return Path(found).parent


def _version(program: Path) -> float:
    return float(program.parents[1].name)


def _owner() -> int:
    """Return who runs the server: PostgreSQL refuses to run as root."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()


def _run(program: Path, folder: Path, arguments: Sequence[str], *, has_to: bool = True) -> None:
    owner = pwd.getpwuid(_owner())
    is_root = os.geteuid() == 0
    # The server lives on with what it was given as stdout: a pipe would never end.
    with (folder / "said").open("a+b") as said:
        done = subprocess.run(
            [str(program), "-D", str(folder / "data"), *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            timeout=2 * PATIENCE_S,
            check=False,
            user=owner.pw_uid if is_root else None,
            group=owner.pw_gid if is_root else None,
            extra_groups=[] if is_root else None,
        )
        said.seek(0)
        assert done.returncode == 0 or not has_to, said.read().decode()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
