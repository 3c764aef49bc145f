"""What a cell and its parts are given of the machine: nothing but what is named."""

from __future__ import annotations

import io
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from lab_utils.grading.sandbox import users, view
from lab_utils.grading.sandbox.bootstrap import take_files
from lab_utils.grading.sandbox.cell_command import Bubblewrap, etc_files
from lab_utils.grading.sandbox.enclosed_cell import cell_environment
from lab_utils.grading.sandbox.limits import Limits
from lab_utils.grading.sandbox.paths import CellPaths
from lab_utils.grading.sandbox.supervisor import pack
from lab_utils.settings import CHECKOUT

BINDS = ("--bind", "--ro-bind", "--dev-bind")
PATHS = CellPaths()
COMMANDS = Bubblewrap("/usr/bin/bwrap", PATHS)


def bound(command: Sequence[str]) -> dict[str, str]:
    """Return what is shown of the machine, by its place, with how it is shown."""
    return {command[at + 2]: word for at, word in enumerate(command) if word in BINDS}


def task() -> list[str]:
    return COMMANDS.task(["python"], PATHS.workspace, PATHS.tasks / "1", "1")


def test_a_task_may_write_its_workspace_and_what_is_made_for_it() -> None:
    writable = {place for place, how in bound(task()).items() if how == "--bind"}
    assert writable == {"/cell/workspace", "/cell/scratch", "/tmp", "/dev/shm"}


def test_a_task_sees_nothing_of_grader_server_or_solutions() -> None:
    hidden = [PATHS.given, PATHS.private, PATHS.server, PATHS.order]
    hidden += [
        CHECKOUT / one for one in ("notebooks", "lambda", "ci", "terraform", "tests", ".git")
    ]
    # Its /tmp is a fresh folder, whatever the machine has there: this project, too, it may be.
    places = [Path(place) for place in bound(task()) if place != "/tmp"]
    for one in hidden:
        assert not [place for place in places if one == place or place in one.parents]


def test_the_server_sees_neither_the_order_nor_what_is_given() -> None:
    places = bound(COMMANDS.server(["python"]))
    assert "/cell/server" in places
    assert not {"/cell", "/cell/given", "/cell/private", "/cell/order.json"} & set(places)


def test_a_function_may_write_nothing_but_its_tmp() -> None:
    prefix = COMMANDS.function_prefix(disk_mb=8)
    assert "--bind" not in bound(prefix).values()
    assert "{folder}" in bound(prefix)
    assert "--disable-userns" in prefix


def test_no_home_and_no_variable_of_the_machine_comes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the instructor")
    command = COMMANDS.cell(["python"], Limits(), {}, cell_environment(PATHS))
    assert "--clearenv" in command
    assert not [word for word in command if "of the instructor" in word]
    assert str(Path.home()) not in bound(command)
    assert "/" not in bound(command)


def test_of_etc_nothing_private_is_shown() -> None:
    shown = {Path(place) for place in bound(view.etc())}
    private = ("shadow", "gshadow", "passwd", "ssl/private", "sudoers", "machine-id", "pip.conf")
    hidden = [Path("/etc") / one for one in (*private, "resolv.conf")]
    assert shown
    assert not [one for one in hidden if one in shown or shown & set(one.parents)]


def test_a_python_behind_a_link_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = tmp_path / "bin" / "python"
    link.parent.mkdir()
    link.symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(link))
    words = view.python(())
    assert ["--symlink", str(link.readlink()), str(link)] in [
        words[at : at + 3] for at in range(len(words))
    ]


def test_a_terraform_outside_of_usr_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "terraform"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bound(view.programs()) == {"/opt/lab/bin/terraform": "--ro-bind"}
    assert str(view.PROGRAMS) in cell_environment(PATHS)["PATH"].split(os.pathsep)


def test_given_files_arrive_as_they_were(tmp_path: Path) -> None:
    files = {"order.json": b"{}", "given/a b/x.bin": bytes(range(256)), "given/empty": b""}
    take_files(io.BytesIO(pack(files)), str(tmp_path))
    assert {name: (tmp_path / name).read_bytes() for name in files} == files


@pytest.mark.parametrize("name", ["/etc/passwd", "given/../../x", "", "a\0b"])
def test_a_given_name_that_leads_out_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no relative name"):
        pack({name: b""})


def test_the_cell_knows_its_own_user() -> None:
    assert b"student:x:64001:64001:" in etc_files(64_001)["passwd"]
    assert b"dns" not in etc_files(64_001)["nsswitch.conf"]


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="users are numbered on Linux")
def test_each_cell_of_root_has_a_user_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with users.cell_user() as first, users.cell_user() as second:
        assert first != second
        assert 0 not in (first, second)
    with users.cell_user() as again:
        assert again == first
