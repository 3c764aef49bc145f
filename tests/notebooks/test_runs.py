"""The notebooks run: solved they pass and print what is committed, released they fail helpfully."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from lab_utils.batch import run_notebooks
from lab_utils.cli import main
from lab_utils.environment import clean_environment
from lab_utils.parameters import share_parameters
from lab_utils.settings import CHECKOUT, read_settings
from lab_utils.workspace import seed_workspace
from tests.notebooks.books import PATHS, checks, read, released

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "workspace"
    seed_workspace(CHECKOUT, folder)
    yield folder
    main(["--workspace", str(folder), "stop"])


def kernel_environment(workspace: Path) -> dict[str, str]:
    settings = read_settings(workspace=workspace, target="local")
    own = {"LAB_WORKSPACE": str(workspace), "LAB_TARGET": "local"}
    return {**clean_environment(settings, {}), **own}


def without_network() -> list[str]:
    """Return what a command begins with to run without a network, where this system can do that.

    Linux gives a command a network of its own, with a loopback interface and nothing else.
    """
    script = 'ip link set lo up && "$@"; status=$?; "$PYTHON" -m lab_utils.cli stop; exit $status'
    prefix = ["unshare", "-rn", "env", f"PYTHON={sys.executable}", "sh", "-c", script, "sh"]
    can_be = shutil.which("unshare") and shutil.which("ip")
    is_allowed = can_be and subprocess.run(["unshare", "-rn", "true"], check=False).returncode == 0
    return prefix if is_allowed else []


def test_solved_notebooks_pass_offline_and_print_what_is_committed(workspace: Path) -> None:
    command = [*without_network(), sys.executable, "-m", "pytest", "--nbval-lax", "-q"]
    command += ["-p", "no:cacheprovider"]
    command += ["--override-ini=filterwarnings=default", "--override-ini=timeout=300"]
    result = subprocess.run(
        [*command, *map(str, PATHS)],
        env=kernel_environment(workspace),
        cwd=PATHS[0].parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-5000:]


def test_a_released_notebook_fails_every_check_with_a_way_on(workspace: Path) -> None:
    for path in PATHS:
        executed = run_released(path, workspace)
        for cell in checks(executed):
            [error] = [one for one in cell.outputs if one["output_type"] == "error"]
            assert error["ename"] == "CheckError", (cell.id, error["evalue"])
            for word in ("Seen:", "Wanted:", "What to do:"):
                assert word in error["evalue"], (cell.id, error["evalue"])
            assert not [one for one in cell.outputs if one.get("name") == "stderr"], cell.id


def run_released(path: Path, workspace: Path) -> nbformat.NotebookNode:
    source = workspace / path.name
    nbformat.write(released(read(path)), source)
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--allow-errors"]
    result = subprocess.run(
        [*command, "--inplace", str(source)],
        env=kernel_environment(workspace),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return read(source)


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
