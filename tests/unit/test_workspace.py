"""Workspaces: what they are given, and what of them is the student's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab_utils.errors import SettingsError
from lab_utils.settings import CHECKOUT, Settings, read_settings
from lab_utils.workspace import lambda_folder, require_given_files, seed_workspace


def settings_of(folder: Path) -> Settings:
    return read_settings(workspace=folder, environ={})


def test_an_empty_workspace_gets_all_that_is_given(tmp_path: Path) -> None:
    assert require_given_files(settings_of(tmp_path)) == ["terraform", "lambda", "ci"]
    assert os.access(tmp_path / "ci" / "deploy_lambda.sh", os.X_OK)
    assert (tmp_path / "lambda" / "ac_control_lambda" / "src" / "decision.py").is_file()
    assert not list(tmp_path.rglob("__pycache__"))
    assert require_given_files(settings_of(tmp_path)) == []


def test_what_is_there_is_the_students_own(tmp_path: Path) -> None:
    (tmp_path / "terraform").mkdir()
    (tmp_path / "lambda").mkdir()
    assert require_given_files(settings_of(tmp_path)) == ["ci"]
    assert list((tmp_path / "terraform").iterdir()) == list((tmp_path / "lambda").iterdir()) == []


def test_a_repository_of_the_practicals_own_form_keeps_its_function(tmp_path: Path) -> None:
    (tmp_path / "ac_control_lambda" / "src").mkdir(parents=True)
    assert require_given_files(settings_of(tmp_path)) == ["terraform", "ci"]
    assert lambda_folder(tmp_path) == tmp_path / "ac_control_lambda"


@pytest.mark.parametrize("name", ["bin/package_lambda.sh", ".gitlab-ci.yml"])
def test_a_repository_with_its_own_scripts_or_pipeline_gets_no_other_ones(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("", encoding="utf-8")
    assert require_given_files(settings_of(tmp_path)) == ["terraform", "lambda"]


def test_without_a_function_its_place_is_the_labs(tmp_path: Path) -> None:
    assert lambda_folder(tmp_path) == tmp_path / "lambda" / "ac_control_lambda"


@pytest.mark.parametrize(
    "file", ["lambda/control/src/main.py", "lambda/main.py", "lambda/src/main.py", "my_Lambda/a.py"]
)
def test_a_function_is_found_in_a_folder_of_another_name(tmp_path: Path, file: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text("", encoding="utf-8")
    (tmp_path / "lambda_notes").mkdir()
    own = file.removesuffix("/main.py").removesuffix("/a.py").removesuffix("/src")
    assert lambda_folder(tmp_path) == tmp_path / own


def test_a_seeded_workspace_starts_from_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "work" / "old").mkdir(parents=True)
    seed_workspace(CHECKOUT, tmp_path / "work")
    names = sorted(path.name for path in (tmp_path / "work").iterdir())
    assert names == ["ci", "lambda", "terraform"]
    scripts = sorted(path.name for path in (tmp_path / "work" / "ci").iterdir())
    assert scripts == ["deploy_lambda.sh", "package_lambda.py", "package_lambda.sh"]


def test_a_workspace_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="choose a workspace that you may write to"):
        require_given_files(settings_of(tmp_path / "file"))
