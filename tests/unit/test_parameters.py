"""The notebooks' parameters: read with their types, handed to who has them, refused else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from lab_utils.cli import main
from lab_utils.errors import SettingsError
from lab_utils.parameters import (
    notebook_parameters,
    papermill_arguments,
    read_assignments,
    share_parameters,
)
from lab_utils.settings import read_settings

HOUSE = """target = "local"  # where it runs
minutes = 11  # lab minutes
start_c = 32.0  # in °C
is_fast = False  # whether it hurries
name = "7"  # of the house
"""


def notebook(folder: Path, name: str, source: str) -> Path:
    cell = nbformat.v4.new_code_cell(source)
    cell.metadata["tags"] = ["parameters"]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), path)
    return path


def shared(tmp_path: Path, *assignments: str) -> list[dict[str, Any]]:
    books = [
        notebook(tmp_path, "01_plain", 'target = "local"  # where it runs'),
        notebook(tmp_path, "02_house", HOUSE),
    ]
    settings = read_settings(target="local", speed=30)
    values = share_parameters(books, read_assignments(assignments), settings)
    return [values[book] for book in books]


def test_a_parameter_has_its_default_its_type_and_the_comment_as_its_meaning(
    tmp_path: Path,
) -> None:
    found = notebook_parameters(notebook(tmp_path, "02_house", HOUSE))
    assert [(one.name, one.type, one.default, one.meaning) for one in found] == [
        ("target", "str", "local", "where it runs"),
        ("minutes", "int", 11, "lab minutes"),
        ("start_c", "float", 32.0, "in °C"),
        ("is_fast", "bool", False, "whether it hurries"),
        ("name", "str", "7", "of the house"),
    ]


def test_what_is_no_literal_is_no_parameter(tmp_path: Path) -> None:
    assert not notebook_parameters(notebook(tmp_path, "01_odd", "when = now()\nnone = None"))


def test_only_the_notebooks_that_have_a_parameter_get_it(tmp_path: Path) -> None:
    plain, house = shared(tmp_path, "minutes=60")
    assert plain == {"target": "local"}
    assert house == {"target": "local", "minutes": 60}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("minutes=60", 60),
        ("minutes=-3", -3),
        ("start_c=30", 30.0),
        ("start_c=1e1", 10.0),
        ("is_fast=True", True),
        ("is_fast=no", False),
        ("name=008", "008"),
        ("name=True", "True"),
        ("name=a = b", "a = b"),
    ],
)
def test_a_value_has_the_type_of_the_default(tmp_path: Path, text: str, value: object) -> None:
    [found] = [one for key, one in shared(tmp_path, text)[1].items() if text.startswith(key)]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("minutes=abc", "a whole number"),
        ("minutes=1.5", "a whole number"),
        ("minutes=", "a whole number"),
        ("start_c=warm", "a number"),
        ("start_c=nan", "a number"),
        ("start_c=inf", "a number"),
        ("is_fast=2", "true or false"),
    ],
)
def test_a_value_of_another_type_is_refused(tmp_path: Path, text: str, kind: str) -> None:
    with pytest.raises(SettingsError, match=f"is {kind}, which"):
        shared(tmp_path, text)


def test_a_parameter_that_no_notebook_has_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        shared(tmp_path, "minute=60")
    assert "minute" in caught.value.attempted
    assert "01_plain: target\n" in caught.value.happened
    assert "02_house: target, minutes, start_c, is_fast, name" in caught.value.happened


@pytest.mark.parametrize("texts", [["minutes"], ["=3"], ["a b=3"], ["minutes=1", "minutes=2"]])
def test_what_is_no_assignment_is_refused(texts: list[str]) -> None:
    with pytest.raises(SettingsError, match="NAME=VALUE"):
        read_assignments(texts)


def test_papermill_gets_a_text_as_a_text() -> None:
    options = papermill_arguments({"name": "007", "minutes": 7, "is_fast": True})
    assert options == ["-r", "name", "007", "-p", "minutes", "7", "-p", "is_fast", "True"]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    notebook(folder / "notebooks", "01_house", HOUSE)
    monkeypatch.setattr("lab_utils.commands.run.CHECKOUT", folder)
    return folder


def test_the_list_tells_each_parameter_and_runs_nothing(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "01_house"
    assert [part.strip() for part in lines[2].split("  ") if part.strip()] == [
        "minutes = 11",
        "int",
        "lab minutes",
    ]
    assert main(["run", "--list", "--json"]) == 0
    [book] = json.loads(capsys.readouterr().out)["notebooks"]
    own = {"name": "minutes", "type": "int", "default": 11, "meaning": "lab minutes"}
    assert own in book["parameters"]
    assert not (checkout / "runs").exists()


@pytest.mark.parametrize("given", ["minutes=abc", "no_such=1", "speed=fast", "target=moon"])
def test_nothing_starts_with_a_wrong_parameter(
    checkout: Path, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    assert main(["run", "-p", given]) == 1
    assert "What to do:" in capsys.readouterr().err
    assert not (checkout / "runs").exists()
