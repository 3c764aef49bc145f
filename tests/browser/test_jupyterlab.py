"""JupyterLab itself, as a student uses it; and the page that a batch run makes of a notebook."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import BrowserContext, expect

from lab_utils.cli import main
from lab_utils.pages import write_page
from lab_utils.settings import CHECKOUT, base_environment
from lab_utils.workspace import seed_workspace
from tests.browser.tabs import DESKTOP, PHONE, Tab, Tabs
from tests.integration.things import wait_until
from tests.notebooks.books import PATHS, checks, code_cells, nbgrader, read

pytestmark = pytest.mark.timeout(400)
SCREENS = CHECKOUT / "runs" / "browser"
_BOOK = "window.jupyterapp.shell.currentWidget"
_RAN = f"""() => {{
  const book = {_BOOK};
  if (!book?.content?.model || !book.sessionContext?.session?.kernel) return false;
  const cells = book.content.model.toJSON().cells.filter((one) => one.cell_type === "code");
  const failed = cells.some((one) => one.outputs.some((each) => each.output_type === "error"));
  const idle = book.sessionContext.session.kernel.status === "idle";
  return idle && (failed || cells.every((one) => one.execution_count || !one.source.length));
}}"""


@dataclass(frozen=True)
class JupyterLab:
    """A JupyterLab that runs on copies of the notebooks.

    Attributes:
        url: Its address.
        token: What it asks for.
        folder: Where its notebooks are.
    """

    url: str
    token: str
    folder: Path

    def address(self, notebook: str) -> str:
        """Return the address of a notebook, in a workspace of JupyterLab of its own."""
        place = f"lab/workspaces/{secrets.token_hex(4)}/tree/{notebook}"
        return f"{self.url}{place}?token={self.token}"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh workspace, as a student has it before the first cell."""
    workspace = tmp_path_factory.mktemp("jupyterlab") / "workspace"
    seed_workspace(CHECKOUT, workspace)
    yield workspace
    main(["--workspace", str(workspace), "stop"])


@pytest.fixture(scope="module")
def jupyterlab(workspace: Path) -> Iterator[JupyterLab]:
    """JupyterLab as ``make lab`` starts it, with settings of its own."""
    home, folder, token = workspace.parent / "home", workspace.parent / "books", "a-token"
    folder.mkdir()
    shutil.copy(PATHS[0], folder)
    SCREENS.mkdir(parents=True, exist_ok=True)
    quiet(home / "settings")
    command = [sys.executable, "-m", "jupyter", "lab", "--notebook-dir", str(folder)]
    command += ["--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root"]
    command += [f"--IdentityProvider.token={token}", "--LabApp.expose_app_in_browser=True"]
    with (home / "jupyter.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment(home, workspace), stdout=log, stderr=log
        )
    try:
        yield JupyterLab(await_url(home / "jupyter.log"), token, folder)
    finally:
        process.terminate()
        process.wait()


def quiet(settings: Path) -> None:
    """Switch off the question about news, as ``make lab`` does."""
    folder = settings / "@jupyterlab" / "apputils-extension"
    folder.mkdir(parents=True)
    (folder / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')


def environment(home: Path, workspace: Path) -> dict[str, str]:
    """Return an environment in which nothing of this machine's Jupyter is read or written."""
    own = {
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "IPYTHONDIR": home / "ipython",
        "LAB_WORKSPACE": workspace,
        "LAB_TARGET": "local",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    return {**base_environment(), **{name: str(value) for name, value in own.items()}}


def await_url(log: Path) -> str:
    def address() -> str | None:
        found = re.search(r"http://127\.0\.0\.1:\d+/", log.read_text(encoding="utf-8"))
        return found[0] if found else None

    return str(wait_until(address, "JupyterLab tells its address", 60))


@pytest.fixture(scope="module")
def executed(browser: BrowserContext, jupyterlab: JupyterLab) -> Iterator[tuple[Tab, Any]]:
    """Notebook 1, after "Run All Cells" of JupyterLab's menu; and its cells."""
    tabs = Tabs(browser)
    tab = tabs.open(jupyterlab.address(PATHS[0].name))
    run_all(tab)
    yield tab, book_of(tab)
    tabs.close()


def run_all(tab: Tab) -> None:
    """Run all cells of the notebook that is open, and wait for the last one."""
    page = tab.page
    page.wait_for_function(f"() => {_BOOK}?.sessionContext?.session?.kernel?.status === 'idle'")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(_RAN)


def book_of(tab: Tab) -> nbformat.NotebookNode:
    text = tab.page.evaluate(f"() => JSON.stringify({_BOOK}.content.model.toJSON())")
    return nbformat.reads(text, as_version=4)


def text_of(cell: nbformat.NotebookNode) -> str:
    return "".join(one.get("text", "") for one in cell.outputs)


def test_run_all_cells_of_notebook_1_passes_every_check(
    executed: tuple[Tab, nbformat.NotebookNode],
) -> None:
    tab, book = executed
    tab.page.screenshot(path=SCREENS / "jupyterlab.png")
    for cell in code_cells(book):
        assert not [one for one in cell.outputs if one.output_type == "error"], text_of(cell)
        assert not [one for one in cell.outputs if one.get("name") == "stderr"], text_of(cell)
    graded = checks(book)
    assert len(graded) == len(checks(read(PATHS[0]))) > 0
    for cell in graded:
        name, points = nbgrader(cell)["grade_id"], nbgrader(cell)["points"]
        assert f"{name}: passed, {points} of {points} points" in text_of(cell)
    assert not tab.outside, tab.outside


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_executed_page_fits_its_screen_and_needs_no_network(
    executed: tuple[Tab, nbformat.NotebookNode],
    tabs: Tabs,
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    _tab, book = executed
    path = tmp_path / PATHS[0].name
    nbformat.write(book, path)
    write_page(path)
    tab = tabs.open(path.with_suffix(".html").as_uri(), size=size)
    tab.page.wait_for_load_state("networkidle")
    assert tab.overflow_px() <= 0, wide_elements(tab)
    broken = "[...document.images].filter((one) => !one.complete || !one.naturalWidth).length"
    assert tab.page.evaluate("document.images.length") > 0
    assert tab.page.evaluate(broken) == 0
    tab.is_clean()


def wide_elements(tab: Tab) -> list[str]:
    """Return what is wider than the window, from the outermost element on."""
    found: list[str] = tab.evaluate_deep(
        """return all.filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
          .slice(0, 12).map((one) => `${one.tagName}.${one.className}`);"""
    )
    return found


def test_the_dashboard_is_shown_below_a_cell(jupyterlab: JupyterLab, tabs: Tabs) -> None:
    cells = ["from lab_utils import Lab\nlab = Lab()", "lab.dashboard()"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    book.metadata["kernelspec"] = read(PATHS[0]).metadata["kernelspec"]
    nbformat.write(book, jupyterlab.folder / "page.ipynb")
    tab = tabs.open(jupyterlab.address("page.ipynb"))
    run_all(tab)
    frame = tab.page.frame_locator('iframe[title="The house, live"]')
    expect(frame.locator("#status")).to_have_text("no readings")
    tab.page.screenshot(path=SCREENS / "dashboard_in_jupyterlab.png")
    link = tab.page.get_by_role("link", name="Open the dashboard")
    address = str(link.get_attribute("href"))
    with urllib.request.urlopen(address) as answer:
        assert answer.status == 200
    assert not tab.outside, tab.outside
