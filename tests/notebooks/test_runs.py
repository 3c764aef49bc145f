"""A batch of notebooks tells what failed, and what it was given.

That the notebooks pass solved, and print what is committed, is a part of ``test_gitlab_ci``; that
they fail helpfully as students get them is in ``test_release``.
"""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from lab_utils.batch import run_notebooks
from lab_utils.cli import main
from lab_utils.parameters import share_parameters
from lab_utils.settings import read_settings

pytestmark = pytest.mark.timeout(900)


def test_a_failing_notebook_ends_the_batch_with_its_cell_and_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "checkout"
    (checkout / "notebooks").mkdir(parents=True)
    for name, source in {"01_good": "1 + 1", "02_bad": "1 / 0", "03_never": "2"}.items():
        cells = [nbformat.v4.new_markdown_cell("# A part"), nbformat.v4.new_code_cell(source)]
        cells[1].id = "the-cell"
        kernel = {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        }
        book = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
        nbformat.write(book, checkout / "notebooks" / f"{name}.ipynb")
    monkeypatch.setattr("lab_utils.commands.run.CHECKOUT", checkout)
    status = main(["run", "--json"])
    summary = json.loads(capsys.readouterr().out)
    latest = checkout / "runs" / "latest"
    assert status == 1
    assert [one["status"] for one in summary["notebooks"]] == ["passed", "failed", "skipped"]
    assert "(the-cell): ZeroDivisionError" in summary["notebooks"][1]["error"]
    assert json.loads((latest / "summary.json").read_text()) == summary
    assert (latest / "02_bad.ipynb").exists()
    assert "ZeroDivisionError" in (latest / "index.html").read_text()


@pytest.mark.parametrize(("speed", "shown"), [("60", 1), ("30", 2)])
def test_a_page_shows_given_parameters_where_they_differ_from_the_notebooks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], speed: str, shown: int
) -> None:
    cell = nbformat.v4.new_code_cell('target = "local"\nspeed = 60')
    cell.metadata["tags"] = ["parameters"]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    source = tmp_path / "01_speed.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), source)
    settings = read_settings(target="local", workspace=tmp_path, speed=speed)
    parameters = share_parameters([source], {}, settings)
    run_notebooks([source], settings, tmp_path / "out", parameters)
    assert "passed" in capsys.readouterr().out
    page = (tmp_path / "out" / "01_speed.html").read_text(encoding="utf-8")
    assert page.count(">speed</span>") == shown
