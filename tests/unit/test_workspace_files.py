"""Whole files written from cells: nothing that a student typed is ever lost."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from lab_utils import workspace_files
from lab_utils.errors import SettingsError
from lab_utils.settings import Settings, read_settings
from lab_utils.workspace_files import write_file

NAME = "ci/lambda.gitlab-ci.yml"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings(workspace=tmp_path / "workspace", environ={})


def backups(settings: Settings) -> list[bytes]:
    folder = settings.state_dir / "backup"
    return sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_cell_becomes_the_whole_file_without_the_marks_of_its_solution(
    settings: Settings,
) -> None:
    text = "a:\n  - ü\n### BEGIN SOLUTION\nb: 1\n\n  ### END SOLUTION\n\nc: 2\n"
    written = write_file(settings, NAME, text)
    assert (settings.workspace / NAME).read_bytes() == "a:\n  - ü\nb: 1\n\n\nc: 2\n".encode()
    assert written.summary() == [f"{NAME}: 6 lines written"]


def test_lines_end_as_on_unix_and_the_last_one_ends_too(settings: Settings) -> None:
    assert write_file(settings, "a.txt", "one").summary() == ["a.txt: 1 line written"]
    write_file(settings, "b.txt", "one\r\ntwo\r\n")
    assert (settings.workspace / "a.txt").read_bytes() == b"one\n"
    assert (settings.workspace / "b.txt").read_bytes() == b"one\ntwo\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no executable bit")
def test_a_shell_script_may_be_executed_and_nothing_else(settings: Settings) -> None:
    for name, is_executable in (("ci/run.sh", True), ("ci/run.py", False)):
        write_file(settings, name, "#!/bin/sh\n")
        mode = (settings.workspace / name).stat().st_mode
        assert bool(mode & stat.S_IXUSR) is is_executable


@pytest.mark.parametrize("text", ["# YOUR CODE HERE\n", "\n  # YOUR CODE HERE\n\n", ""])
def test_a_stub_writes_nothing(settings: Settings, text: str) -> None:
    assert write_file(settings, NAME, text).summary() == [f"{NAME}: nothing written yet"]
    assert not (settings.workspace / NAME).exists()
    write_file(settings, NAME, "a: 1\n")
    said = [f"{NAME}: left as it is, the cell holds only its stub"]
    assert write_file(settings, NAME, text).summary() == said
    assert (settings.workspace / NAME).read_text() == "a: 1\n"


def test_a_stub_among_given_lines_is_written(settings: Settings) -> None:
    write_file(settings, NAME, "a: 1\n# YOUR CODE HERE\n")
    assert (settings.workspace / NAME).read_text() == "a: 1\n# YOUR CODE HERE\n"


def test_what_cells_wrote_is_replaced_without_a_word(settings: Settings) -> None:
    for text in ("a: 1\n", "b: 2\n", "b: 2\n", "a: 1\n"):
        assert len(write_file(settings, NAME, text).summary()) == 1
    assert backups(settings) == []


def test_what_was_typed_by_hand_is_kept_every_time_it_differs(settings: Settings) -> None:
    path = settings.workspace / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(b"typed: 1\r\n")
    first, last = write_file(settings, NAME, "a: 1\n").summary()
    path.write_bytes(b"typed: 2 \xff\n")
    write_file(settings, NAME, "a: 1\n")
    assert backups(settings) == [b"typed: 1\r\n", b"typed: 2 \xff\n"]
    assert last == f"{NAME}: 1 line written"
    kept = first.removeprefix(f"{NAME}: what was there, written by no cell, is kept as ")
    assert (settings.workspace / kept).read_bytes() == b"typed: 1\r\n"


def test_notes_that_cannot_be_read_make_every_text_one_to_keep(settings: Settings) -> None:
    write_file(settings, NAME, "a: 1\n")
    for broken in ("{", "[]"):
        (settings.state_dir / "written-by-cells.json").write_text(broken)
        write_file(settings, NAME, "b: 2\n")
    assert backups(settings) == [b"a: 1\n"]


def test_a_given_file_that_nobody_touched_is_not_kept(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "checkout"
    monkeypatch.setattr(workspace_files, "CHECKOUT", checkout)
    for folder in (checkout, settings.workspace):
        (folder / "ci").mkdir(parents=True)
        (folder / NAME).write_text("given: 1\n")
    assert len(write_file(settings, NAME, "a: 1\n").summary()) == 1
    own = read_settings(workspace=checkout, environ={})
    assert len(write_file(own, NAME, "a: 1\n").summary()) == 2


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../a",
        "ci/../../a",
        "/etc/a",
        "ci//a",
        "ci/",
        "./a",
        "a b",
        "C:/a",
        "ci\\a",
        "~/a",
    ],
)
def test_only_a_path_of_the_workspace_is_taken(settings: Settings, name: str) -> None:
    with pytest.raises(SettingsError, match="not the path of a file in the workspace"):
        write_file(settings, name, "a\n")


@pytest.mark.parametrize("name", [".lab/session.json", ".git/config", "ci/.git/hooks/x", ".LAB/a"])
def test_what_belongs_to_the_lab_and_to_git_is_left_alone(settings: Settings, name: str) -> None:
    with pytest.raises(SettingsError, match="belongs to the lab and to Git"):
        write_file(settings, name, "a\n")


def test_no_link_leads_out_of_the_workspace(settings: Settings, tmp_path: Path) -> None:
    settings.workspace.mkdir()
    (settings.workspace / "out").symlink_to(tmp_path)
    with pytest.raises(SettingsError, match="A link leads out"):
        write_file(settings, "out/a", "a\n")
    assert not (tmp_path / "a").exists()


def test_a_folder_and_a_file_in_the_way_are_said(settings: Settings) -> None:
    write_file(settings, "ci/a", "a\n")
    with pytest.raises(SettingsError, match="That is a folder"):
        write_file(settings, "ci", "a\n")
    with pytest.raises(SettingsError, match="The system says"):
        write_file(settings, "ci/a/b", "a\n")
