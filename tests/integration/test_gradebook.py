"""nbgrader's gradebook after a grading: in SQLite, and in a PostgreSQL that is really running."""

from __future__ import annotations

import csv
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import psycopg
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import is_grade

from lab_utils.checks.catalogue import ALL_CHECKS
from lab_utils.errors import LabError
from lab_utils.grading.gradebook import GradebookError, update_gradebook, write_sheets
from lab_utils.grading.gradebook.names import notebook_names, student_id
from tests.integration.postgresql import PASSWORD, USER, running_postgresql
from tests.unit.grading.graded_class import HIDDEN, SECRET, results_of, submission, whole_class

ASSIGNMENT = "practical-aws-iot"
LATE = {"days": 1, "percent": 10.0, "penalty": 10.1}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server, without a database's name."""
    with running_postgresql() as port:
        yield f"postgresql://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'gradebook.db'}"
    server: str = request.getfixturevalue("server")
    name = f"course_{abs(hash(str(tmp_path)))}"
    with closing(psycopg.connect(f"{server}/postgres", autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'gradebook.db'}"


def export(url: str, folder: Path) -> dict[str, dict[str, str]]:
    """Return what ``nbgrader export`` writes, by student."""
    command = [sys.executable, "-m", "nbgrader", "export", "--db", url, "--to", "exported.csv"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with (folder / "exported.csv").open(encoding="utf-8", newline="") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


def contents(url: str) -> dict[str, Any]:
    """Return all grades and penalties of a gradebook, by student."""
    with Gradebook(url, ASSIGNMENT) as gradebook:
        return {
            one.student.id: (
                one.timestamp,
                one.score,
                one.max_score,
                one.late_submission_penalty,
                one.needs_manual_grade,
                {
                    grade.name: (grade.auto_score, grade.manual_score, grade.extra_credit)
                    for notebook in one.notebooks
                    for grade in notebook.grades
                },
            )
            for one in gradebook.assignment_submissions(ASSIGNMENT)
        }


def mark(url: str, student: str, check: str, **marks: float) -> None:
    """Enter a grader's marks as formgrader does."""
    with Gradebook(url, ASSIGNMENT) as gradebook:
        found = gradebook.find_submission(ASSIGNMENT, student)
        (grade,) = [
            one for notebook in found.notebooks for one in notebook.grades if one.name == check
        ]
        for name, value in marks.items():
            setattr(grade, name, value)
        gradebook.db.commit()


def test_nbgrader_reads_and_exports_what_was_graded(url: str, tmp_path: Path) -> None:
    results = whole_class()
    updated = update_gradebook(results, url)
    assert updated.students == 7
    assert updated.left_alone == ()
    rows = export(url, tmp_path)
    assert len(rows) == 7
    ada, late = rows["ada"], rows["Zoë O'Brien-李"]
    assert (ada["raw_score"], ada["score"], ada["max_score"]) == ("105.0", "105.0", "105.0")
    assert ada["timestamp"] == "2026-11-25 18:00:00"
    assert ada["duedate"] == "2026-11-25 22:59:00"
    assert (late["raw_score"], late["late_submission_penalty"]) == ("95.0", "19.0")
    assert late["score"] == "76.0"
    with Gradebook(url, ASSIGNMENT) as gradebook:
        assert [one.name for one in gradebook.assignments] == [ASSIGNMENT]
        notebooks = gradebook.find_assignment(ASSIGNMENT).notebooks
        assert [int(one.max_score) for one in notebooks] == [15, 20, 15, 25, 15, 10, 5]
        submitted = gradebook.find_submission(ASSIGNMENT, "ada")
        assert not submitted.needs_manual_grade
        assert len(gradebook.submission_dicts(ASSIGNMENT)) == 7


def test_formgrader_finds_a_sheet_of_each_part_to_mark_on(tmp_path: Path) -> None:
    results = whole_class()
    update_gradebook(results, f"sqlite:///{tmp_path / 'gradebook.db'}")
    write_sheets(results, tmp_path)
    api = NbGraderAPI(coursedir=CourseDirectory(root=str(tmp_path)))
    assert api.get_autograded_students(ASSIGNMENT) == {
        student_id(one["student"]) for one in results["submissions"]
    }
    notebooks = [one["name"] for one in api.get_student_notebook_submissions("ada", ASSIGNMENT)]
    assert notebooks == list(notebook_names().values())
    for file in (tmp_path / "autograded").rglob("*.ipynb"):
        sheet = nbformat.read(file, as_version=4)
        nbformat.validate(sheet)
        assert SECRET not in file.read_text(encoding="utf-8")
        assert all(is_grade(cell) for cell in sheet.cells[1:])
    told = (tmp_path / "autograded/grace.hopper" / ASSIGNMENT / f"{notebooks[1]}.ipynb").read_text()
    assert "no item with the id" in told
    assert "part2-mild-39-9" in told


def test_the_same_results_change_nothing(url: str) -> None:
    results = results_of(submission("ada", late=LATE), submission("grace", {"part7-keys": "one"}))
    update_gradebook(results, url)
    before = contents(url)
    update_gradebook(results, url)
    assert contents(url) == before


def test_what_graders_entered_stays_and_counts_when_a_submission_is_graded_again(url: str) -> None:
    failed = {"part2-hot-45": "nothing stored"}
    update_gradebook(results_of(submission("ada", failed, late=LATE)), url)
    mark(url, "ada", "part2-hot-45", manual_score=3.0, extra_credit=1.0)
    update_gradebook(results_of(submission("ada", {**failed, "part1-thing": "none"})), url)
    _time, score, _most, penalty, _needs, grades = contents(url)["ada"]
    assert grades["part2-hot-45"] == (0.0, 3.0, 1.0)
    assert grades["part1-thing"] == (0.0, None, None)
    assert score == 105 - 4 + 3 + 1 - 3
    assert penalty == 0.0


def test_lateness_costs_its_percentage_of_the_points_that_count(file_url: str) -> None:
    results = results_of(submission("ada", {"part2-hot-45": "nothing stored"}, late=LATE))
    update_gradebook(results, file_url)
    assert contents(file_url)["ada"][3] == 10.1
    mark(file_url, "ada", "part2-hot-45", manual_score=4.0)
    update_gradebook(results, file_url)
    assert contents(file_url)["ada"][3] == 10.5


def test_students_and_cells_that_the_results_do_not_have_stay(file_url: str) -> None:
    update_gradebook(results_of(submission("ada"), submission("grace")), file_url)
    before = contents(file_url)["grace"]
    without = submission("ada")
    checks = without["verdict"]["checks"]
    without["verdict"]["checks"] = [one for one in checks if one["id"] != HIDDEN]
    updated = update_gradebook(results_of(without), file_url)
    assert contents(file_url)["grace"] == before
    others, cells = updated.left_alone
    assert others.startswith("1 of the gradebook's submissions are not in these results")
    assert HIDDEN in cells


def test_a_check_that_is_new_is_graded_for_those_who_were_graded_before(file_url: str) -> None:
    one = submission("ada")
    results = results_of(one)
    added = {**one["verdict"]["checks"][0], "id": "part9-new", "part": 9, "points": 7, "earned": 7}
    update_gradebook(results, file_url)
    one["verdict"]["checks"].append(added)
    update_gradebook(results, file_url)
    _time, score, most, _penalty, needs_manual_grade, grades = contents(file_url)["ada"]
    assert grades["part9-new"] == (7.0, None, None)
    assert (score, most, needs_manual_grade) == (112.0, 112.0, False)


def test_a_submission_that_the_grader_failed_on_keeps_its_marks(file_url: str) -> None:
    update_gradebook(results_of(submission("ada")), file_url)
    before = contents(file_url)
    ending = {"status": "ungraded", "seconds": 0.0, "reason": "the grader failed"}
    update_gradebook(results_of(submission("ada", {"*": "x"}, ending=ending)), file_url)
    assert contents(file_url) == before


def test_an_unreadable_submission_has_a_grade_in_every_cell(file_url: str) -> None:
    one = submission("ada")
    one["verdict"]["checks"] = []
    one["earned"] = one["final"] = 0
    update_gradebook(results_of(one), file_url)
    _time, score, _most, _penalty, needs_manual_grade, grades = contents(file_url)["ada"]
    assert (score, needs_manual_grade) == (0.0, False)
    assert set(grades) == {check.id for check in ALL_CHECKS}
    assert {automatic for automatic, _manual, _extra in grades.values()} == {0.0}


def test_a_gradebook_that_somebody_has_open_for_writing_is_named_in_words(
    file_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    update_gradebook(results_of(submission("ada")), file_url)
    with closing(sqlite3.connect(tmp_path / "gradebook.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(GradebookError) as caught:
            update_gradebook(results_of(submission("grace")), f"{file_url}?timeout=0.1")
    assert "database is locked" in caught.value.happened
    assert "--resume" in caught.value.next_step
    assert "Traceback" not in caplog.text
    update_gradebook(results_of(submission("grace")), file_url)
    assert set(contents(file_url)) == {"ada", "grace"}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("grades.db", "no database's URL"),
        ("", "no database's URL"),
        ("postgres://a:secret@127.0.0.1/course", "postgres"),
        ("mysql://a:secret@127.0.0.1/course", "MySQLdb"),
        ("mssql+nothing://a:secret@127.0.0.1/course", "mssql.nothing"),
        ("postgresql://a:secret@127.0.0.1:1/course", "127.0.0.1"),
        ("postgresql://a:secret@127.0.0.1:x/course", "no database's URL"),
        ("sqlite:////nowhere/at/all/gradebook.db", "unable to open database file"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_with_what_to_do(url: str, words: str) -> None:
    with pytest.raises(LabError) as caught:
        update_gradebook(whole_class(), url)
    assert words in caught.value.happened
    assert "secret" not in str(caught.value)
    assert caught.value.next_step


def test_a_wrong_password_is_told_in_the_servers_words_and_not_shown(server: str) -> None:
    wrong = server.replace(quote(PASSWORD, safe=""), "wr0ng")
    with pytest.raises(GradebookError, match="password authentication failed") as caught:
        update_gradebook(whole_class(), f"{wrong}/postgres")
    assert "wr0ng" not in str(caught.value)
    with pytest.raises(GradebookError, match='"nowhere" does not exist'):
        update_gradebook(whole_class(), f"{server}/nowhere")


def test_tables_of_another_version_or_program_are_left_alone(file_url: str, tmp_path: Path) -> None:
    update_gradebook(results_of(submission("ada")), file_url)
    with closing(sqlite3.connect(tmp_path / "gradebook.db")) as changed, changed:
        changed.execute("UPDATE alembic_version SET version_num = '0123'")
    with pytest.raises(GradebookError, match="nbgrader db upgrade"):
        update_gradebook(results_of(submission("ada")), file_url)
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as changed, changed:
        changed.execute("CREATE TABLE alembic_version (version_num TEXT)")
    with pytest.raises(GradebookError, match="another program"):
        update_gradebook(results_of(submission("ada")), f"sqlite:///{other}")
