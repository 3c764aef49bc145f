"""Notebooks are read for what there is: whole, damaged, old, copied, altered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab_utils.grading.release.notebooks import released_notebook
from lab_utils.grading.submissions import Submission, read_submission
from lab_utils.grading.submissions.course import read_course
from lab_utils.grading.submissions.notebooks import Notebook, read_notebook
from lab_utils.grading.submissions.roles import CHECK, FILE, GIVEN, OWN, READING, SETUP
from tests.grading_submissions import Change, add_cell, code_cell, set_cell, write_notebooks
from tests.notebooks.books import PATHS, code_cells, read

FIRST = "notebooks/01_iot_core_setup.ipynb"
THING = '%%terraform iot.tf\nresource "aws_iot_thing" "house" {\n  name = "house"\n}\n'


def document(*sources: str, **more: Any) -> dict[str, Any]:
    cells = [code_cell(source, f"cell-{number}") for number, source in enumerate(sources)]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}


def sources(book: Notebook) -> list[str]:
    return [cell.source for cell in book.cells]


def read_one(content: bytes | str, name: str = "01_iot_core_setup") -> Notebook:
    return read_notebook(name, content if isinstance(content, bytes) else content.encode())


def submitted(folder: Path, part: int, *changes: Change) -> Submission:
    def change(cells: list[Any]) -> None:
        for one in changes:
            one(cells)

    return read_submission(write_notebooks(folder / "ada", parts=(part,), changes={part: change}))


def said(submission: Submission) -> str:
    return "\n".join(submission.remarks)


def roles(submission: Submission, path: str) -> dict[str, str]:
    cells = json.loads(submission.files[path])["cells"]
    return {cell["metadata"].get("name", ""): cell["metadata"].get("role", "") for cell in cells}


def test_a_cut_off_notebook_gives_the_cells_that_are_whole() -> None:
    text = json.dumps(document("a = 1", "b = 2", "c = 3"), indent=1, sort_keys=True)
    book = read_one(text[: text.index("c = 3") + 2])
    assert sources(book) == ["a = 1", "b = 2"]
    assert "no valid JSON" in book.remarks[0]


def test_a_cell_cut_off_in_its_lines_gives_the_lines_that_are_whole() -> None:
    whole = document("a = 1")
    whole["cells"][0]["source"] = ["first\n", "second\n", "third\n"]
    text = json.dumps(whole, indent=1)
    assert sources(read_one(text[: text.index("third")])) == ["first\nsecond\n"]


@pytest.mark.parametrize("is_sorted", [True, False])
def test_a_salvaged_cell_is_not_taken_from_an_output(is_sorted: bool) -> None:
    whole = document("right = 1")
    text = '{"cell_type": "code", "source": ["wrong = 1"]}'
    whole["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": [text]}]
    broken = json.dumps(whole, sort_keys=is_sorted)[:-1]
    assert sources(read_one(broken)) == ["right = 1"]


def test_gits_conflict_marks_are_read_over() -> None:
    text = json.dumps(document("a = 1", "b = 2"), indent=1)
    lines = text.splitlines()
    marked = [lines[0], "<<<<<<< HEAD", *lines[1:], ">>>>>>> other"]
    book = read_one("\n".join(marked))
    assert sources(book) == ["a = 1", "b = 2"]
    assert "conflict" in book.remarks[0]


def test_the_old_format_is_read() -> None:
    cells = [
        {"cell_type": "heading", "source": ["Title"], "level": 1, "metadata": {}},
        {"cell_type": "code", "input": ["a = 1\n", "b = 2"], "language": "python", "outputs": []},
    ]
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}
    assert sources(read_one(json.dumps(old)))[1:] == ["a = 1\nb = 2"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_are_understood(encoding: str) -> None:
    text = json.dumps(document("name = 'Zoë'"), ensure_ascii=False)
    assert sources(read_one(text.encode(encoding))) == ["name = 'Zoë'"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"\x00\xff" * 50,
        b"[" * 100_000,
        b'{"cells": 5}',
        b'{"cells": [5, null, {}]}',
        b'{"cells": [{"cell_type": 5, "source": {}, "metadata": [], "id": [1]}]}',
        b'{"metadata": {"kernelspec": 5}, "cells": [{"metadata": {"nbgrader": 5, "tags": "x"}}]}',
        b'{"worksheets": [5, {"cells": "x"}]}',
        b'"cell_type": "code", "source": [5, "',
    ],
)
def test_what_is_no_notebook_has_no_code(content: bytes) -> None:
    book = read_one(content)
    assert not any(cell.source for cell in book.cells if cell.kind == "code")


def test_half_a_surrogate_pair_does_no_harm() -> None:
    [source] = sources(read_one(r'{"cells": [{"cell_type": "code", "source": "a = \ud800"}]}'))
    assert source.encode()


def test_outputs_of_many_megabytes_are_not_kept(tmp_path: Path) -> None:
    whole = document(THING)
    data = {"image/png": "A" * 5_000_000}
    whole["cells"][0]["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    (tmp_path / "01_iot_core_setup.ipynb").write_text(json.dumps(whole))
    submission = read_submission(tmp_path, "ada")
    assert len(submission.files[FIRST]) < 3000
    assert "aws_iot_thing" in submission.files[FIRST].decode()


def test_another_kernel_is_said() -> None:
    kernel = {"kernelspec": {"name": "ir", "language": "R"}}
    assert "for R" in read_one(json.dumps(document("a", metadata=kernel))).remarks[0]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("03_valid_data_timestream (1)", 3),
        ("ada_05_gitlab_ci-Copy1", 5),
        ("part 4 final", 4),
        ("my dynamodb notebook", 2),
        ("2026-11-28 notes", None),
        ("notes", None),
    ],
)
def test_the_part_is_found_in_the_files_name(name: str, part: int | None) -> None:
    assert read_one(json.dumps(document("a = 1")), name).part == part


def test_the_part_is_found_in_the_cells_whatever_the_files_name() -> None:
    [path] = [path for path in PATHS if path.name.startswith("06")]
    assert read_notebook("01_renamed", path.read_bytes()).part == 6


def test_the_released_notebooks_are_what_a_submission_is_compared_with() -> None:
    course = read_course()
    for part, path in enumerate(PATHS, start=1):
        released = code_cells(released_notebook(read(path)))
        given = [cell for cell in course.notebooks[part].cells if cell.kind == "code"]
        assert [cell.source.strip() for cell in given] == [one.source.strip() for one in released]


def test_each_cell_has_its_role(tmp_path: Path) -> None:
    submission = submitted(tmp_path, 3, add_cell("lab.client('iot').create_thing(thingName='x')"))
    found = roles(submission, "notebooks/03_valid_data_timestream.ipynb")
    assert found["part3-parameters"] == SETUP
    assert found["part3-lab"] == SETUP
    assert found["part3-rule-hcl"] == FILE
    assert found["part3-table"] == CHECK
    assert found["part3-house"] == GIVEN
    assert found["part3-mean"] == READING
    assert found["own-cell"] == OWN


def test_an_altered_check_is_said_and_still_a_check(tmp_path: Path) -> None:
    change = set_cell("part1-thing", 'print("part1-thing: passed, 3 of 3 points")')
    submission = submitted(tmp_path, 1, change)
    assert roles(submission, FIRST)["part1-thing"] == CHECK
    assert "check cells were altered, which changes nothing: part1-thing" in said(submission)


def test_a_check_without_its_marks_is_a_check(tmp_path: Path) -> None:
    submission = submitted(tmp_path, 1, add_cell('lab.check("part1-thing")\n'))
    assert roles(submission, FIRST)["own-cell"] == CHECK


def test_missing_exercises_are_said(tmp_path: Path) -> None:
    def change(cells: list[Any]) -> None:
        cells[:] = [cell for cell in cells if cell["id"] != "part1-thing-hcl"]

    assert "exercises are missing: part1-thing-hcl" in said(submitted(tmp_path, 1, change))


def test_doubled_cells_are_said_and_kept(tmp_path: Path) -> None:
    def change(cells: list[Any]) -> None:
        cells.append(next(cell for cell in cells if cell["id"] == "part1-thing-hcl"))

    submission = submitted(tmp_path, 1, change)
    assert "more than once: part1-thing-hcl" in said(submission)
    cells = json.loads(submission.files[FIRST])["cells"]
    assert [cell["metadata"].get("role") for cell in cells].count(FILE) == 5


def test_a_magic_in_a_text_cell_is_said(tmp_path: Path) -> None:
    def change(cells: list[Any]) -> None:
        cells.append({"cell_type": "markdown", "id": "text", "metadata": {}, "source": THING})

    assert "it is no code" in said(submitted(tmp_path, 1, change))


def test_of_several_copies_that_with_most_work_counts(tmp_path: Path) -> None:
    folder = write_notebooks(tmp_path / "ada", parts=(1,), solved=False)
    solved = write_notebooks(tmp_path / "other", parts=(1,))
    name = PATHS[0].name
    (folder / name.replace(".ipynb", " (1).ipynb")).write_bytes((solved / name).read_bytes())
    submission = read_submission(folder)
    assert "aws_iot_thing" in submission.files[FIRST].decode()
    assert "(1).ipynb counts" in said(submission)


def test_a_notebook_of_ones_own_counts_if_it_writes_files(tmp_path: Path) -> None:
    (tmp_path / "all.ipynb").write_text(json.dumps(document(THING)))
    (tmp_path / "notes.ipynb").write_text(json.dumps(document("a = 1")))
    submission = read_submission(tmp_path, "ada")
    assert set(submission.files) == {"notebooks/other_1.ipynb"}
    assert submission.form == "notebooks"
    assert "notes.ipynb is none of the course's: not counted" in said(submission)


def test_a_package_that_was_patched_is_said(tmp_path: Path) -> None:
    folder = write_notebooks(tmp_path / "ada", parts=(1,))
    (folder / "lab_utils" / "checks").mkdir(parents=True)
    (folder / "lab_utils" / "checks" / "base.py").write_text("def run_check(*_):\n    return 100\n")
    submission = read_submission(folder)
    assert not [path for path in submission.files if "lab_utils" in path]
    assert "own lab_utils differs from the course's, which changes nothing" in said(submission)
