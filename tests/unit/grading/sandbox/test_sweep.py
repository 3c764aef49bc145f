"""What is taken away of what a student's program left."""

from __future__ import annotations

import os
import socket
import stat
import sys
from pathlib import Path

import pytest

from lab_utils.grading.sandbox.paths import CellPaths
from lab_utils.grading.sandbox.sweep import sweep

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="cells are for Linux")


@pytest.fixture
def paths(tmp_path: Path) -> CellPaths:
    paths = CellPaths(tmp_path)
    for folder in paths.all():
        folder.mkdir()
    return paths


def test_links_stay_that_lead_to_what_the_student_has_anyway(paths: CellPaths) -> None:
    (paths.workspace / "a").mkdir()
    for name, target in {
        "b": "a",
        "a/up": "..",
        "python": sys.executable,
        "sh": "/usr/bin",
    }.items():
        (paths.workspace / name).symlink_to(target)
    assert sweep(paths) == []
    assert (paths.workspace / "python").is_symlink()


@pytest.mark.parametrize(
    "target", ["../private", "../server/lab", "/proc/self/environ", "/etc/passwd", "gone", "loop"]
)
def test_links_go_that_lead_to_what_only_the_grader_has(paths: CellPaths, target: str) -> None:
    (paths.workspace / "loop").symlink_to(target)
    said = sweep(paths)
    is_inside = target in ("gone", "loop")
    assert (said == []) == is_inside
    assert (paths.workspace / "loop").is_symlink() == is_inside


def test_a_link_by_another_link_goes(paths: CellPaths) -> None:
    (paths.workspace / "first").symlink_to("../private")
    (paths.workspace / "second").symlink_to("first/keys")
    (paths.private / "keys").touch()
    assert sweep(paths)
    assert not (paths.workspace / "second").exists()


def test_pipes_and_sockets_go(paths: CellPaths) -> None:
    os.mkfifo(paths.workspace / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(paths.workspace / "socket"))
    assert sorted(sweep(paths)) == [
        "pipe is a pipe: it was removed.",
        "socket is a socket: it was removed.",
    ]


def test_a_folder_without_end_goes(paths: CellPaths) -> None:
    here = os.open(paths.workspace, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("deep", dir_fd=here)
        below = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    [said] = sweep(paths)
    assert said.endswith("is a folder with too long a path: it was removed.")
    assert len(said) < 300
    assert sweep(paths) == []


def test_a_name_that_is_no_text_can_be_told(paths: CellPaths) -> None:
    name = os.fsdecode(b"\xff\x1b[31m")
    (paths.workspace / name).symlink_to("/etc")
    [said] = sweep(paths)
    assert said.encode("utf-8").startswith(b"?")
    assert "\x1b" not in said


def test_a_students_program_takes_no_rights_from_the_grader(paths: CellPaths) -> None:
    folder, file = paths.workspace / "shut", paths.workspace / "shut" / "secret"
    folder.mkdir()
    file.touch()
    for path, mode in ((file, 0o000), (folder, 0o400), (paths.workspace, 0o500)):
        path.chmod(mode)
    assert sweep(paths) == []
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (paths.workspace, folder, file)]
    assert modes == [0o700, 0o700, 0o600]
