"""``lab grade``: each submission graded once, whatever happens to the workers or to itself."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab_utils.cli import main
from lab_utils.settings import CHECKOUT
from lab_utils.waiting import wait_for
from tests.integration.grade_stub import BEGUN, ENDED, does

_LIMIT_S = 600.0

pytestmark = pytest.mark.timeout(900)
_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONWARNINGS": "default"}
_GRADE = (sys.executable, "-m", "tests.integration.grade_with_stub")


class Place:
    """Submissions, a folder of results, and a log of what was graded."""

    def __init__(self, folder: Path) -> None:
        self.submissions, self.out, self.log = (
            folder / name for name in ("submitted work", "out", "log")
        )
        self.submissions.mkdir()
        self.log.mkdir()

    def add(self, student: str, **what: Any) -> None:
        file = self.submissions / student / "terraform" / "iot.tf"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(does(self.log, **what))

    def command(self, *options: str) -> list[str]:
        return [*_GRADE, str(self.submissions), "--out", str(self.out), *options]

    def grade(self, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*options),
            env=_ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LIMIT_S,
        )

    @contextmanager
    def grading(self, *options: str) -> Iterator[subprocess.Popen[str]]:
        """Run it in a session of its own, as a terminal does."""
        command = self.command(*options)
        with subprocess.Popen(
            command, env=_ENVIRONMENT, stderr=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def times(self, student: str, word: str = ENDED) -> int:
        return len(list(self.log.glob(f"{student}.{word}.*")))

    def worker_of(self, student: str) -> int:
        """Return the process that a submission is graded by, once it has begun."""
        began = wait_for(lambda: list(self.log.glob(f"{student}.{BEGUN}.*")) or None, _LIMIT_S)
        assert began, f"{student} was not begun"
        return int(began[0].name.split(".")[2])

    def results(self) -> dict[str, dict[str, Any]]:
        told = json.loads((self.out / "results.json").read_text())
        return {one["student"]: one for one in told["submissions"]}

    def earned(self) -> dict[str, int]:
        return {student: one["earned"] for student, one in self.results().items()}

    def rows(self) -> dict[str, dict[str, str]]:
        with (self.out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
            return {row["student"]: row for row in csv.DictReader(file)}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def wait_for_file(file: Path) -> None:
    assert wait_for(lambda: file.exists() or None, _LIMIT_S), f"{file} was not written"


def everything_below(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def test_a_batch_of_all_kinds_ends_with_every_student_in_every_output(place: Place) -> None:
    place.add("ada", earned=10)
    with zipfile.ZipFile(place.submissions / "bob.zip", "w") as archive:
        archive.writestr("terraform/iot.tf", does(place.log, earned=7))
    (place.submissions / "cleo.zip").write_bytes(b"PK\x03\x04 no zip")
    place.add("dan", kills=99)
    place.add("eve", raises="the grader's own fault \x1b[2J")
    late = ("--due", "2020-01-01T00:00Z", "--late", "10%/day,max 50%")

    done = place.grade("--jobs", "2", "--json", *late)

    told = json.loads(done.stdout)
    assert done.returncode == 1  # of eve alone
    assert [one["student"] for one in told["not_graded"]] == ["eve"]
    assert told["failures"] == []
    assert place.earned() == {"ada": 10, "bob": 7, "cleo": 0, "dan": 0, "eve": 0}
    endings = {student: one["ending"] for student, one in place.results().items()}
    statuses = ["done", "done", "unreadable", "lost", "ungraded"]
    assert [ending["status"] for ending in endings.values()] == statuses
    assert "2 times" in endings["dan"]["reason"]
    assert 2 <= place.times("dan", BEGUN) <= 4  # among others, then twice alone
    rows = place.rows()
    assert (rows["ada"]["points"], rows["ada"]["penalty"], rows["ada"]["final"]) == ("10", "5", "5")
    assert "cannot be read" in rows["cleo"]["remark"]
    assert "NOT GRADED" in rows["eve"]["remark"]
    assert "\x1b" not in done.stderr + (place.out / "grades.csv").read_text()
    assert "5 of 5: " in done.stderr
    assert (place.out / "index.html").exists()
    assert (place.out / "gradebook.db").exists()

    place.add("ada", earned=8)
    done = place.grade("--jobs", "1", "--only", "ada")

    assert done.returncode == 0
    assert "Changed: ada had 10 points, and has 8 now." in done.stdout
    assert place.earned() == {"ada": 8, "bob": 7, "cleo": 0, "dan": 0, "eve": 0}
    assert [one["earned"] for one in place.results()["ada"]["history"]] == [10]
    assert place.results()["ada"]["final"] == 8.0  # this time nothing was due
    assert place.results()["bob"]["history"] == []

    nowhere = f"sqlite:///{place.out / 'no folder' / 'gradebook.db'}"
    done = place.grade("--only", "ada", "--resume", "--db", nowhere)

    assert done.returncode == 1
    assert "Could not write the gradebook" in done.stderr
    assert place.earned()["ada"] == 8


def test_a_batch_that_is_killed_goes_on_where_it_was(place: Place) -> None:
    place.add("ada", earned=10)
    place.add("bob", earned=3)
    place.add("cleo", seconds=900, earned=1)
    place.add("dan", earned=4)
    with place.grading("--jobs", "1") as process:
        place.worker_of("cleo")
        workers = everything_below(process)
        process.kill()
        process.wait(_LIMIT_S)
    _, alive = psutil.wait_procs(workers, timeout=_LIMIT_S)
    assert alive == []
    assert place.earned() == {"ada": 10, "bob": 3}
    place.add("bob", earned=5)  # handed in anew meanwhile
    place.add("cleo", earned=2)

    done = place.grade("--jobs", "1", "--resume")

    assert done.returncode == 0
    assert "1 of 4 were graded before" in done.stderr
    assert place.earned() == {"ada": 10, "bob": 5, "cleo": 2, "dan": 4}
    assert place.times("ada") == 1


def test_ctrl_c_stops_at_once_leaves_no_process_and_loses_nothing(place: Place) -> None:
    place.add("ada", earned=10)
    place.add("bob", seconds=900)
    with place.grading("--jobs", "2") as process:
        place.worker_of("bob")
        wait_for(
            lambda: "ada" in place.earned() if (place.out / "results.json").exists() else None,
            _LIMIT_S,
        )
        workers = everything_below(process)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=_LIMIT_S)[1]
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "1 of 2 graded; go on with --resume." in said
    _, alive = psutil.wait_procs(workers, timeout=_LIMIT_S)
    assert alive == []
    assert set(place.rows()) == {"ada"}


@contextmanager
def cluster_of(folder: Path, workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Run a dask scheduler and workers, each a process of its own, as on several machines."""
    dask = (sys.executable, "-m", "dask")
    address = folder / "scheduler.json"
    scheduler = [*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    worker = [*dask, "worker", "--scheduler-file", str(address), "--host", "127.0.0.1"]
    worker += ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0"]
    with ExitStack() as stack:
        started = [_started([*scheduler, "--scheduler-file", str(address)], folder, stack)]
        wait_for_file(address)
        started += [_started(worker, folder, stack) for _ in range(workers)]
        yield json.loads(address.read_text())["address"], started[1:]


def _started(command: list[str], folder: Path, stack: ExitStack) -> subprocess.Popen[bytes]:
    with (folder / "cluster.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, env=_ENVIRONMENT, stdout=log, stderr=log)
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def test_a_worker_of_a_scheduler_that_is_killed_costs_no_submission_its_result(
    place: Place, tmp_path: Path
) -> None:
    students = [f"student{number}" for number in range(6)]
    for number, student in enumerate(students):
        place.add(student, earned=number + 1, seconds=0.3)
    place.add("aaron", earned=9, seconds=3)  # the first one, by name
    cluster = tmp_path / "cluster"
    cluster.mkdir()
    with cluster_of(cluster, 2) as (address, workers):
        with place.grading("--scheduler", address) as process:
            victim = place.worker_of("aaron")
            (killed,) = (one for one in workers if one.pid == victim)
            killed.kill()
            said = process.communicate(timeout=_LIMIT_S)[1]
        assert process.returncode == 0, said
        assert workers[1 - workers.index(killed)].poll() is None
    assert place.earned() == {"aaron": 9, **{s: n + 1 for n, s in enumerate(students)}}
    assert (place.times("aaron"), place.times("aaron", BEGUN)) == (1, 2)
    assert all(one["history"] == [] for one in place.results().values())


Mistake = Callable[[Place], tuple[list[str], str]]


def _nothing_there(place: Place) -> tuple[list[str], str]:
    return [str(place.submissions / "none"), "--out", str(place.out)], "no folder"


def _nothing_in_it(place: Place) -> tuple[list[str], str]:
    (place.submissions / "empty").mkdir()
    return [str(place.submissions / "empty"), "--out", str(place.out)], "no folder, archive"


def _out_within(place: Place) -> tuple[list[str], str]:
    place.add("ada")
    out = place.submissions / "out"
    return [str(place.submissions), "--out", str(out)], "lies in the folder of the submissions"


def _out_is_a_file(place: Place) -> tuple[list[str], str]:
    place.add("ada")
    place.out.write_text("a file")
    return [str(place.submissions), "--out", str(place.out)], "write into"


def _no_such_student(place: Place) -> tuple[list[str], str]:
    place.add("ada")
    words = [str(place.submissions), "--out", str(place.out), "--only", "eve"]
    return words, "no submission of eve"


def _no_scheduler(place: Place) -> tuple[list[str], str]:
    place.add("ada")
    words = [str(place.submissions), "--out", str(place.out), "--scheduler", "tcp:/nowhere"]
    return words, "dask scheduler at tcp:/nowhere"


@pytest.mark.parametrize(
    "mistake",
    [
        *(_nothing_there, _nothing_in_it, _out_within),
        *(_out_is_a_file, _no_such_student, _no_scheduler),
    ],
)
def test_a_mistake_is_told_with_the_way_on_before_anything_is_graded(
    place: Place, mistake: Mistake, capsys: pytest.CaptureFixture[str]
) -> None:
    words, happened = mistake(place)
    assert main(["grade", *words]) == 1
    said = capsys.readouterr().err
    assert happened in said
    assert "What to do:" in said
    assert not list(place.log.iterdir())
