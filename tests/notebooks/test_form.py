"""The form of the notebooks: what papermill, nbgrader, nbval and a reader count on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab_utils.parameters import notebook_parameters
from tests.notebooks.books import PATHS, checks, code_cells, nbgrader, read, tags, text_cells

POINTS = {1: 15, 2: 15, 3: 15, 4: 25, 5: 15, 6: 10, 7: 5}
LONGEST_CODE, LONGEST_FILE, LONGEST_TEXT_WORDS = 20, 30, 95
FEWEST_CELLS, MOST_CELLS = 40, 60

each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def part_of(path: Path) -> int:
    return int(path.name[:2])


def test_there_are_notebooks() -> None:
    assert [part_of(path) for path in PATHS] == list(range(1, len(PATHS) + 1))


@each_notebook
def test_a_part_fits_into_one_sitting(path: Path) -> None:
    assert FEWEST_CELLS <= len(read(path).cells) <= MOST_CELLS


@each_notebook
def test_one_cell_holds_the_parameters_target_and_speed(path: Path) -> None:
    [cell] = [cell for cell in code_cells(read(path)) if "parameters" in tags(cell)]
    namespace: dict[str, object] = {}
    exec(cell.source, namespace)
    assert (namespace["target"], namespace["speed"]) == ("local", 60)


@each_notebook
def test_papermill_finds_every_parameter_with_its_meaning(path: Path) -> None:
    [cell] = [cell for cell in code_cells(read(path)) if "parameters" in tags(cell)]
    found = notebook_parameters(path)
    assert len(found) == cell.source.count("\n") + 1
    assert all(one.meaning for one in found)


def test_a_parameter_has_one_type_and_one_meaning_in_all_notebooks() -> None:
    said: dict[str, tuple[str, str]] = {}
    for path in PATHS:
        for one in notebook_parameters(path):
            assert said.setdefault(one.name, (one.type, one.meaning)) == (one.type, one.meaning)


@each_notebook
def test_the_checks_are_locked_and_worth_the_parts_points(path: Path) -> None:
    cells = checks(read(path))
    assert sum(int(str(nbgrader(cell)["points"])) for cell in cells) == POINTS[part_of(path)]
    for cell in cells:
        assert nbgrader(cell)["locked"]
        assert not nbgrader(cell)["solution"]
        assert cell.source == f'lab.check("{nbgrader(cell)["grade_id"]}")'


@each_notebook
def test_exercises_hold_their_solution_between_the_markers(path: Path) -> None:
    solutions = [cell for cell in code_cells(read(path)) if nbgrader(cell).get("solution")]
    assert solutions
    for cell in solutions:
        assert cell.source.count("### BEGIN SOLUTION") == 1
        assert cell.source.count("### END SOLUTION") == 1


@each_notebook
def test_ids_are_readable_and_unique(path: Path) -> None:
    book = read(path)
    ids = [cell.id for cell in book.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(rf"part{part_of(path)}-[a-z0-9-]+", one) for one in ids)
    for cell in code_cells(book):
        assert nbgrader(cell).get("grade_id", cell.id) == cell.id


@each_notebook
def test_outputs_are_committed_in_compared_cells_only(path: Path) -> None:
    for cell in code_cells(read(path)):
        is_compared = "nbval-check-output" in tags(cell)
        assert bool(cell.outputs) == is_compared, cell.id
        assert (cell.execution_count is not None) == is_compared, cell.id
        text = str(cell.outputs)
        assert not re.search(
            r"arn:aws:[a-z0-9:-]*\d{12}|/home/|/root/|/tmp/|20\d\d-\d\d-\d\dT", text
        ), cell.id


@each_notebook
def test_every_picture_is_told_in_words(path: Path) -> None:
    pictures = [cell for cell in text_cells(read(path)) if "```mermaid" in cell.source]
    assert pictures
    assert all("*In words: " in cell.source for cell in pictures)


@each_notebook
def test_a_reader_gets_short_cells_and_text_between_them(path: Path) -> None:
    run = 0
    for cell in read(path).cells:
        run = run + 1 if cell.cell_type == "code" else 0
        assert run <= 2, f"three code cells in a row at {cell.id}"
        if cell.cell_type == "code":
            is_file = cell.source.startswith(("%%terraform", "%%workspace"))
            assert cell.source.count("\n") < (LONGEST_FILE if is_file else LONGEST_CODE), cell.id
        else:
            text = re.sub(r"```.*?```", "", cell.source, flags=re.S)
            assert len(text.split()) <= LONGEST_TEXT_WORDS, cell.id
