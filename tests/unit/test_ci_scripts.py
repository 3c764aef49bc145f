"""The scripts of ci/ that compare what notebooks print."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import nbformat
import pytest

from lab_utils.settings import CHECKOUT

REFRESH = runpy.run_path(str(CHECKOUT / "ci" / "refresh_outputs.py"))
COMPARE = runpy.run_path(str(CHECKOUT / "ci" / "compare_seeds.py"))


def printed(*texts: str) -> list[Any]:
    return [nbformat.v4.new_output("stream", name="stdout", text=text) for text in texts]


def shown(text: str, image: str = "") -> list[Any]:
    data = {"text/plain": text} | ({"image/png": image} if image else {})
    return [nbformat.v4.new_output("display_data", data=data)]


def notebook(path: Path, outputs: list[Any], tag: str = "nbval-check-output") -> Path:
    cell = nbformat.v4.new_code_cell("lab.plan()", outputs=outputs, id="the-cell")
    cell.metadata["tags"] = [tag]
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


@pytest.mark.parametrize(
    ("committed", "executed", "differs"),
    [
        (printed("a\n", "b\n"), printed("a\nb\n"), False),
        (printed("a\n"), printed("b\n"), True),
        (printed("a\n"), [], True),
        ([], printed("a\n"), True),
        (shown("axes", "old"), shown("axes", "new"), False),
        (shown("axes"), shown("figure"), True),
        (shown("a") + shown("b"), shown("b") + shown("a"), True),
        ([], [nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])], True),
    ],
)
def test_a_compared_cell_differs_by_what_a_reader_sees(
    tmp_path: Path, committed: list[Any], executed: list[Any], differs: bool
) -> None:
    source = notebook(tmp_path / "source.ipynb", committed)
    copy = notebook(tmp_path / "copy.ipynb", executed)
    assert REFRESH["differing_cells"](source, copy) == (["the-cell"] if differs else [])


def test_a_cell_that_is_not_compared_may_print_anything(tmp_path: Path) -> None:
    source = notebook(tmp_path / "source.ipynb", [], tag="other")
    copy = notebook(tmp_path / "copy.ipynb", printed("a\n"), tag="other")
    assert REFRESH["differing_cells"](source, copy) == []


def test_a_compared_cell_that_the_copy_lacks_differs(tmp_path: Path) -> None:
    source = notebook(tmp_path / "source.ipynb", printed("a\n"))
    empty = tmp_path / "empty.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), empty)
    assert REFRESH["differing_cells"](source, empty) == ["the-cell"]


def test_the_copies_for_nbval_get_the_values_that_they_have_and_keep_the_rest(
    tmp_path: Path,
) -> None:
    copies = COMPARE["copy_notebooks"](tmp_path / "books", {"seed": 99, "on_above_c": 31.0})
    sources = {path.name: path.read_text(encoding="utf-8") for path in COMPARE["NOTEBOOKS"]}
    assert [path.name for path in copies] == sorted(sources)
    for copy in copies:
        injected = [
            cell.source
            for cell in nbformat.read(copy, as_version=4).cells
            if "injected-parameters" in cell.metadata.get("tags", [])
        ]
        has_seed = "seed = " in sources[copy.name]
        assert any("seed = 99" in source for source in injected) is has_seed


def test_what_varies_is_a_parameter_of_some_notebook() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in COMPARE["NOTEBOOKS"])
    assert [name for name in COMPARE["DRAWS"] if f'"{name} = ' not in text] == []


def test_the_failed_cells_of_a_run_are_named(tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="a.ipynb" name="Cell 1"/>'
        '<testcase classname="a.ipynb" name="Cell 2"><failure/></testcase>'
        '<testcase classname="b.ipynb" name="Cell 3"><error/></testcase></testsuite></testsuites>'
    )
    assert COMPARE["failed_cells"](report) == ["a.ipynb Cell 2", "b.ipynb Cell 3"]
