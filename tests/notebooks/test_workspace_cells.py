"""The files that cells write: as the checkout has them, and readable in the released form too."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml
from nbformat import NotebookNode

from lab_utils.grading.release.notebooks import released_notebook
from lab_utils.settings import CHECKOUT, read_settings
from lab_utils.workspace_files import write_file
from tests.notebooks.books import PATHS, code_cells, read

MAGIC = "%%workspace "
PIPELINE = "ci/lambda.gitlab-ci.yml"


def written(book: NotebookNode) -> list[tuple[str, str]]:
    """Return the name and the text of each file that a notebook's cells write, in order."""
    cells = [cell.source for cell in code_cells(book) if cell.source.startswith(MAGIC)]
    heads = [source.partition("\n") for source in cells]
    return [(head.removeprefix(MAGIC).strip(), text) for head, _, text in heads]


def test_the_solutions_pipeline_is_that_of_the_checkout(tmp_path: Path) -> None:
    [book] = [read(path) for path in PATHS if path.name.startswith("05")]
    texts = [text for name, text in written(book) if name == PIPELINE]
    write_file(read_settings(workspace=tmp_path, environ={}), PIPELINE, texts[-1])
    assert (tmp_path / PIPELINE).read_bytes() == (CHECKOUT / PIPELINE).read_bytes()


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
@pytest.mark.parametrize("form", [lambda book: book, released_notebook], ids=["solved", "released"])
def test_what_a_cell_writes_can_be_read(path: Path, form: object) -> None:
    assert callable(form)
    for name, text in written(form(read(path))):
        if name.endswith(".yml"):
            assert isinstance(yaml.safe_load(text), dict)
        if name.endswith(".py"):
            ast.parse(text)
