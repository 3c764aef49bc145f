"""Twenty submissions of mixed kinds, graded by one command with the right points each."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab_utils.errors import SandboxError
from lab_utils.grading.sandbox.bubblewrap import find_bubblewrap
from lab_utils.grading.schemas import validate
from lab_utils.settings import CHECKOUT
from tests.integration.twenty import CLASS, LEFTOVER_COMMAND, NEIGHBOUR, SECRET, write_class

_LIMIT_S = 1500.0

pytestmark = pytest.mark.timeout(1800)


@dataclass(frozen=True)
class Graded:
    """What the command left.

    Attributes:
        folder: Of the submissions and of what lies beside them.
        out: Of the results.
        done: How the command ended.
        entries: The results by student.
    """

    folder: Path
    out: Path
    done: subprocess.CompletedProcess[str]
    entries: Mapping[str, dict[str, Any]]

    def said_of(self, student: str) -> str:
        return json.dumps(self.entries[student], ensure_ascii=False)


def tree(folder: Path) -> dict[str, bytes | str]:
    return {
        path.relative_to(folder).as_posix(): str(path.readlink())
        if path.is_symlink()
        else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """The class, graded by one command; nothing of it, nor of the package, has changed."""
    try:
        find_bubblewrap()
    except SandboxError as error:
        pytest.skip(f"there is no sandbox here: {error.happened}")
    folder = tmp_path_factory.mktemp("class")
    submissions, out = write_class(folder), folder / "results"
    before = tree(folder)
    checks = tree(CHECKOUT / "lab_utils" / "checks")
    command = [sys.executable, "-P", "-m", "lab_utils.cli", "grade", str(submissions)]
    done = subprocess.run(
        [*command, "--out", str(out), "--jobs", "2"],
        capture_output=True,
        encoding="utf-8",
        timeout=_LIMIT_S,
        check=False,
    )
    assert {name: content for name, content in tree(folder).items() if name in before} == before
    assert not [name for name in tree(folder) if name not in before and "results/" not in name]
    assert _sources(tree(CHECKOUT / "lab_utils" / "checks")) == _sources(checks)
    results = json.loads((out / "results.json").read_text())
    validate("results", results)
    return Graded(folder, out, done, {one["student"]: one for one in results["submissions"]})


def _sources(files: Mapping[str, bytes | str]) -> dict[str, bytes | str]:
    return {name: content for name, content in files.items() if name.endswith(".py")}


def test_each_has_the_points_that_it_deserves(graded: Graded) -> None:
    assert graded.done.returncode == 0, graded.done.stdout + graded.done.stderr
    earned = {student: entry["earned"] for student, entry in graded.entries.items()}
    assert earned == {student: points for student, (points, _make) in sorted(CLASS.items())}
    assert {entry["points"] for entry in graded.entries.values()} == {100}


def test_the_instructors_notebooks_go_through_every_phase(graded: Graded) -> None:
    phases = graded.entries["right-notebooks"]["verdict"]["phases"]
    names = "read replay package apply device rules tables lambda loop pipeline dashboard teardown"
    assert [phase["name"] for phase in phases] == names.split()
    assert {phase["status"] for phase in phases} == {"done"}


def test_no_grading_failed_for_a_reason_of_the_graders_own(graded: Graded) -> None:
    endings = {student: entry["ending"] for student, entry in graded.entries.items()}
    unreadable = {name for name, ending in endings.items() if ending["status"] == "unreadable"}
    assert unreadable == {"bomb", "empty"}
    others = {one["status"] for name, one in endings.items() if name not in unreadable}
    assert others == {"done"}, endings


@pytest.mark.parametrize(
    ("student", "words"),
    [
        ("fork-bomb", "more than 256 processes"),
        ("memory", "more than 2048 MB of memory"),
        ("disk", "wrote more than 1024 MB"),
        ("network", "connect to 169.254.169.254"),
        ("endless-function", "Timedout"),
        ("bomb", "would unpack to more than"),
        ("climber", "climbed.txt"),
        ("links", "link"),
        ("reader", "local-exec"),
        ("syntax-error", "terraform/x.tf"),
        ("no-permission", "dynamodb:PutItem"),
        ("bad-json", "JSON"),
        ("empty", "no file"),
    ],
)
def test_the_reason_is_told(graded: Graded, student: str, words: str) -> None:
    assert words in graded.said_of(student)


def test_nobody_saw_what_is_not_theirs(graded: Graded) -> None:
    written = [path for path in graded.out.rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if SECRET.encode() in path.read_bytes()]
    assert NEIGHBOUR not in graded.said_of("reader")


def test_nothing_was_written_elsewhere(graded: Graded) -> None:
    assert not Path("/tmp/climbed-from-a-zip.txt").exists()
    assert not list(graded.folder.parent.rglob("climbed.txt"))
    assert not list(graded.folder.parent.rglob("*back.txt"))


def test_no_process_is_left(graded: Graded) -> None:
    assert graded.done.returncode == 0
    commands = [" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])]
    assert not [words for words in commands if LEFTOVER_COMMAND in words]


def test_nothing_of_a_student_gives_the_terminal_orders(graded: Graded) -> None:
    assert "\x1b" not in graded.done.stdout + graded.done.stderr
    pages = graded.out / "feedback"
    assert {path.stem for path in pages.iterdir()} == set(CLASS)
    for path in (*pages.iterdir(), graded.out / "grades.csv", graded.out / "index.html"):
        assert b"\x1b" not in path.read_bytes()


def test_the_table_has_a_row_for_each(graded: Graded) -> None:
    with (graded.out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: int(row["points"]) for row in csv.DictReader(file)}
    assert rows == {student: points for student, (points, _make) in CLASS.items()}
    assert (graded.out / "gradebook.db").stat().st_size > 0
