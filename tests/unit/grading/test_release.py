"""The students' version: what it holds, what it must not hold, and when it is refused."""

from __future__ import annotations

import os
import re
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from lab_utils.cli import main
from lab_utils.grading.release import ASSIGNMENT, ReleaseError, write_release
from lab_utils.grading.release.examination import examine
from lab_utils.grading.release.notebooks import released_notebook
from lab_utils.settings import CHECKOUT
from tests.notebooks.books import PATHS, STUB, checks, code_cells, nbgrader, read, tags

INSIDE = re.compile(r"### BEGIN (SOLUTION|HIDDEN TESTS)\n(.*?)### END \1", re.S)
SOLVED_FILES = ("ci/lambda.gitlab-ci.yml", "lambda/ac_control_lambda/tests/test_decision.py")
FEWEST_SIGNS = 13
"""A shorter line, its white space aside, tells nothing: ``enabled = true``, ``import pytest``."""
HINTS = {
    'schedule_expression="rate(1minute)"',  # checks/part4.py
    'action="lambda:InvokeFunction"',  # checks/part4.py
    "-if:$CI_COMMIT_BRANCH==$CI_DEFAULT_BRANCH",  # checks/part5.py
    "-pipinstallawscli",  # pipeline/rules_jobs.py
    "GROUPBYbin(time,1m),zone_id",  # dashboard/queries.py
    "ORDERBYminute,zone_id",  # dashboard/queries.py
}
"""What the lab's own messages and its dashboard tell whoever solves it wrong."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "students"
    write_release(CHECKOUT, folder)
    return folder


def unpacked(release: Path) -> dict[str, bytes]:
    """Return the files of the zip by their place in the folder."""
    with zipfile.ZipFile(release.with_suffix(".zip")) as archive:
        return {
            name.removeprefix(f"{ASSIGNMENT}/"): archive.read(name) for name in archive.namelist()
        }


def on_disk(release: Path) -> dict[str, bytes]:
    paths = [path for path in release.rglob("*") if path.is_file()]
    return {path.relative_to(release).as_posix(): path.read_bytes() for path in paths}


def squeezed(text: str) -> str:
    return "".join(text.split())


def solution_lines() -> Iterator[str]:
    """Yield each line of the course that is a solution, a hidden test, or the output of one."""
    for path in PATHS:
        for cell in read(path).cells:
            for match in INSIDE.finditer(cell.source):
                yield from match[2].splitlines()
            told = nbgrader(cell)
            of_an_exercise = told.get("grade") or told.get("solution")
            for output in cell.get("outputs", []) if of_an_exercise else []:
                yield from "".join(output.get("text", "")).splitlines()
    for name in SOLVED_FILES:
        yield from (CHECKOUT / name).read_text(encoding="utf-8").splitlines()


def shown_openly() -> set[str]:
    """Return the lines that students read in the notebooks, outside solutions and outputs."""
    sources = [INSIDE.sub("", cell.source) for path in PATHS for cell in read(path).cells]
    return {squeezed(line) for source in sources for line in source.splitlines()}


def secrets() -> set[str]:
    """Return the lines that the release must not hold, without white space."""
    openly = "\n".join(shown_openly())
    lines = {squeezed(line) for line in solution_lines()}
    return {one for one in lines if len(one) >= FEWEST_SIGNS and one not in openly} - HINTS


def readable(name: str, content: bytes) -> str:
    text = content.decode("utf-8", "replace")
    if not name.endswith(".ipynb"):
        return text
    cells = nbformat.reads(text, as_version=4).cells
    return "\n".join(f"{cell.source}\n{cell.get('outputs', '')}\n{cell.metadata}" for cell in cells)


@pytest.mark.parametrize("form", [on_disk, unpacked], ids=["folder", "zip"])
def test_no_line_of_a_solution_is_anywhere(
    release: Path, form: Callable[[Path], dict[str, bytes]]
) -> None:
    lines = secrets()
    assert len(lines) > 150
    for name, content in form(release).items():
        text = squeezed(readable(name, content))
        found = [line for line in lines if line in text]
        assert not found, f"{name}: {found}"


def test_the_search_finds_each_solution_in_the_instructors_own_files() -> None:
    everything = squeezed(
        "".join(readable(path.name, path.read_bytes()) for path in PATHS)
        + "".join((CHECKOUT / name).read_text(encoding="utf-8") for name in SOLVED_FILES)
    )
    missed = [line for line in secrets() if line not in everything]
    assert not missed


def test_nothing_else_of_the_instructor_is_in_it(release: Path) -> None:
    names = set(on_disk(release))
    parts = {part for name in names for part in name.split("/")}
    assert not parts & {".git", ".lab", ".venv", "runs", "__pycache__", "node_modules", ".ci"}
    assert not [name for name in names if name.startswith("tests/") or ".egg-info" in name]
    assert not names & {*SOLVED_FILES, "ci/notebooks.gitlab-ci.yml", ".gitlab-ci.yml"}
    assert not [name for name in names if name.endswith((".pyc", ".pem", ".key", ".tfstate"))]
    assert "BEGIN" not in (release / "Makefile").read_text()
    assert "pytest" not in (release / "Makefile").read_text().replace(".pytest_cache", "")


def test_a_student_has_all_that_the_work_needs(release: Path) -> None:
    names = set(on_disk(release))
    given = {path.name for path in (CHECKOUT / "terraform").glob("*.tf")}
    assert {f"terraform/{name}" for name in given} < names
    assert {f"notebooks/{path.name}" for path in PATHS} < names
    package = [
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / "lab_utils").rglob("*.*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    assert set(package) <= names
    for name in ("README.md", "LICENSE", "Makefile", "requirements.lock", "environment.yml"):
        assert name in names
    assert os.access(release / "ci" / "package_lambda.sh", os.X_OK)


def test_folder_and_zip_hold_the_same_and_the_zip_has_no_times(release: Path) -> None:
    assert unpacked(release) == on_disk(release)
    with zipfile.ZipFile(release.with_suffix(".zip")) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    [script] = [one for one in entries if one.filename.endswith("ci/package_lambda.sh")]
    assert stat.S_IMODE(script.external_attr >> 16) == 0o755


def test_the_same_checkout_makes_the_same_zip(release: Path, tmp_path: Path) -> None:
    again = write_release(CHECKOUT, tmp_path / "again")
    assert again.archive.read_bytes() == release.with_suffix(".zip").read_bytes()


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_keeps_its_cells_and_its_checks_and_loses_all_else(
    release: Path, path: Path
) -> None:
    source, released = read(path), read(release / "notebooks" / path.name)
    nbformat.validate(released)
    assert [cell.id for cell in released.cells] == [cell.id for cell in source.cells]
    assert set(released.metadata) == {"kernelspec", "language_info"}
    for before, after in zip(source.cells, released.cells, strict=True):
        assert "SOLUTION" not in after.source
        assert set(after.metadata) <= {"nbgrader", "tags", "deletable", "editable"}
        assert tags(after) in ([], ["parameters"])
        if nbgrader(before).get("solution"):
            assert after.source == INSIDE.sub(STUB, before.source)
            assert after.metadata["deletable"] is False
        else:
            assert after.source == before.source
    assert [nbgrader(cell)["grade_id"] for cell in checks(released)] == [
        nbgrader(cell)["grade_id"] for cell in checks(source)
    ]
    for cell in checks(released):
        assert (cell.metadata["editable"], cell.metadata["deletable"]) == (False, False)
        assert nbgrader(cell)["points"]
    for cell in code_cells(released):
        assert (list(cell.outputs), cell.execution_count) == ([], None)


def a_book(*cells: NotebookNode) -> NotebookNode:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=list(cells), metadata={"kernelspec": kernel})


def a_cell(source: str, cell_id: str = "exercise", **told: object) -> NotebookNode:
    kind = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    cell = nbformat.v4.new_code_cell(source, id=cell_id)
    cell.metadata["nbgrader"] = {**kind, "grade_id": cell_id, **told}
    return cell


HIDDEN = """lab.check("part7-state")
### BEGIN HIDDEN TESTS
assert the_secret_is_42
### END HIDDEN TESTS
print("seen")"""


def test_hidden_tests_go_and_the_rest_of_their_cell_stays() -> None:
    cell = a_cell(HIDDEN, "part7-state", grade=True, locked=True, points=1)
    [released] = released_notebook(a_book(cell)).cells
    assert released.source == 'lab.check("part7-state")\nprint("seen")'
    assert "42" in cell.source


SOLVED = "x = 0\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (a_cell("### BEGIN SOLUTION\nx = 1", solution=True), "begins and never ends"),
        (a_cell("x = 1\n### END SOLUTION", solution=True), "ends that never began"),
        (a_cell(f"### BEGIN SOLUTION\n{SOLVED}", solution=True), "begins inside another"),
        (a_cell("### BEGIN HIDDEN TESTS\nx", grade=True, points=1), "hidden test begins and never"),
        (a_cell(SOLVED), "does not call it a solution cell"),
        (a_cell("%%terraform iot.tf", solution=True), "without a line between"),
        (a_cell('lab.check("part7-state")', "part7-state", grade=True), "has no points"),
        (a_cell('lab.check("part7-state")', "part7-state", grade=True, points=9), "itself 1"),
        (a_cell('lab.check("part7-state")', "part7-stat", grade=True, points=1), "runs the check"),
        (a_cell('lab.check("part9-x")', "part9-x", grade=True, points=1), "no check 'part9-x'"),
        (a_cell('lab.check("part7-state")', "part7-state"), "earns no points"),
    ],
)
def test_a_notebook_that_is_not_fit_is_refused_by_cell(cell: NotebookNode, said: str) -> None:
    with pytest.raises(ReleaseError) as refused:
        examine({"extra.ipynb": a_book(cell)})
    assert f"extra.ipynb: cell {cell.id}" in str(refused.value)
    assert said in str(refused.value)


def test_doubled_ids_and_missing_checks_are_refused() -> None:
    twice = a_book(a_cell(SOLVED, solution=True))
    twice.cells.append(a_cell(SOLVED, solution=True))
    with pytest.raises(ReleaseError, match="the grade_id 'exercise' belongs to 2 cells"):
        examine({"extra.ipynb": twice})
    with pytest.raises(ReleaseError, match="no check cell has the id 'part7-keys'"):
        examine({"07_destroy.ipynb": a_book()})


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with notebook 1, of which a test may spoil something."""
    folder = tmp_path / "checkout"
    for name in ("terraform", "lambda", "lab_utils/grading/release"):
        shutil.copytree(CHECKOUT / name, folder / name)
    (folder / "notebooks").mkdir()
    shutil.copy(PATHS[0], folder / "notebooks")
    return folder


def test_doubled_cell_ids_in_a_notebooks_file_are_refused(checkout: Path, tmp_path: Path) -> None:
    book = checkout / "notebooks" / PATHS[0].name
    text = book.read_text(encoding="utf-8")
    book.write_text(text.replace('"id": "part1-policy-hcl"', '"id": "part1-certificate-hcl"'))
    with pytest.raises(ReleaseError, match="the id 'part1-certificate-hcl' belongs to 2 cells"):
        write_release(checkout, tmp_path / "out")


def test_what_was_solved_in_the_checkout_itself_is_not_handed_on(
    checkout: Path, tmp_path: Path
) -> None:
    iot = checkout / "terraform" / "iot.tf"
    given = iot.read_bytes()
    section = 'resource "aws_iot_policy" "device" {\n  name = "house-device"\n}'
    text = f"\n# >>> notebook cell part1-policy-hcl\n{section}\n# <<< notebook cell\n"
    iot.write_bytes(given + text.encode())
    (checkout / "terraform" / "terraform.tfstate").write_text("{}")
    (checkout / "terraform" / "files" / "test.private.key").write_text("secret")
    own = checkout / "lambda" / "ac_control_lambda" / "tests" / "test_own.py"
    own.write_text("def test_it():\n    assert decide(35.0) is None\n")
    done = write_release(checkout, tmp_path / "out")
    assert (done.folder / "terraform" / "iot.tf").read_bytes() == given
    left = {path.name for path in done.folder.rglob("*")}
    assert not left & {"terraform.tfstate", "test.private.key", "test_own.py"}


def test_a_solution_that_was_typed_into_a_given_file_is_refused_by_line(
    checkout: Path, tmp_path: Path
) -> None:
    with (checkout / "terraform" / "iot.tf").open("a") as file:
        file.write('  name   = "house-device"\n')
    with pytest.raises(ReleaseError) as refused:
        write_release(checkout, tmp_path / "out")
    assert 'terraform/iot.tf holds `name   = "house-device"`' in str(refused.value)
    assert "cell part1-policy-hcl" in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_place_that_is_taken_is_left_alone_unless_it_is_a_release_and_force_is_told(
    checkout: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    write_release(checkout, out)
    with pytest.raises(ReleaseError, match="add --force"):
        write_release(checkout, out)
    (out / "left.txt").write_text("of the release before")
    write_release(checkout, out, is_forced=True)
    assert not (out / "left.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkout", "out", "out.zip"]


@pytest.mark.parametrize("place", ["diary", "checkout", "."])
def test_force_destroys_nothing_that_is_no_release(
    checkout: Path, tmp_path: Path, place: str
) -> None:
    (tmp_path / "diary").mkdir()
    (tmp_path / "diary" / "today.txt").write_text("dear diary")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ReleaseError):
        write_release(checkout, tmp_path / place, is_forced=True)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_command_says_what_it_wrote_and_what_keeps_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "students"
    assert main(["release", str(out)]) == 0
    said = capsys.readouterr().out
    assert "checks for 100 points" in said
    assert str(out.with_suffix(".zip")) in said
    assert main(["release", str(out)]) == 1
    assert "--force" in capsys.readouterr().err
