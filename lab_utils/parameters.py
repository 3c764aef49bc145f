"""Papermill's parameters of the notebooks: what there is, and what a run was given for them."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from papermill import inspect_notebook

from lab_utils.errors import SettingsError
from lab_utils.settings import Settings

_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Parameter:
    """A parameter of a notebook, as its parameters cell declares it.

    Attributes:
        name: The variable's name.
        default: Its value where nobody gives another; its type is the parameter's.
        meaning: The comment behind it, with the unit.
    """

    name: str
    default: Any
    meaning: str

    @property
    def type(self) -> str:
        """The name of its type, such as ``int``."""
        return type(self.default).__name__

    def to_json(self) -> dict[str, Any]:
        """Return its name, type, default and meaning."""
        own = {"name": self.name, "type": self.type}
        return {**own, "default": self.default, "meaning": self.meaning}

    def read(self, text: str) -> Any:
        """Return a text of the command line as a value of the parameter's type.

        Raises:
            SettingsError: It is none.
        """
        try:
            return _read_value(type(self.default), text)
        except (ValueError, KeyError) as error:
            kind = _KINDS[type(self.default)]
            raise SettingsError(
                f"give the notebooks {self.name}={text}",
                f"{self.name} ({self.meaning}) is {kind}, which {text!r} is not.",
                f"write, for instance, -p {self.name}={self.default}",
            ) from error


def notebook_parameters(notebook: Path) -> tuple[Parameter, ...]:
    """Return the parameters that a notebook declares, in its order; none without such a cell.

    Papermill finds the cell and the comments. A default that is no literal is not a parameter
    that a command line can give.
    """
    found = inspect_notebook(notebook).values()
    literals = ((one, _literal(one["default"])) for one in found)
    return tuple(
        Parameter(one["name"], default, one["help"])
        for one, default in literals
        if default is not None
    )


def read_assignments(texts: Iterable[str]) -> dict[str, str]:
    """Return the names and values of ``NAME=VALUE`` texts, as they came from a command line.

    Raises:
        SettingsError: A text of another form, or a name that was given twice.
    """
    given: dict[str, str] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        is_assignment = name.isidentifier() and separator
        if is_assignment and name not in given:
            given[name] = value
            continue
        fault = f"{name} is given twice" if is_assignment else f"{text!r} is not of that form"
        raise SettingsError(
            "read the notebooks' parameters, each of the form NAME=VALUE",
            f"{fault}.",
            "write, for instance, -p minutes=60 -p seed=7",
        )
    return given


def share_parameters(
    notebooks: Sequence[Path], given: Mapping[str, str], settings: Settings
) -> dict[Path, dict[str, Any]]:
    """Return for each notebook the values of those parameters that it has.

    Args:
        notebooks: The notebooks of the run.
        given: Names and values, as `read_assignments` returns them.
        settings: The target and the speed, for the notebooks that have such a parameter.

    Raises:
        SettingsError: A parameter that none of them has, or a value of another type.
    """
    given = {**given, "target": settings.target, "speed": str(settings.speed)}
    declared = {path: notebook_parameters(path) for path in notebooks}
    known = {one.name for parameters in declared.values() for one in parameters}
    if unknown := sorted(given.keys() - known - {"target", "speed"}):
        raise SettingsError(
            f"give the notebooks the parameter {', '.join(unknown)}",
            f"No notebook of this run has it. There is\n{parameter_names(declared)}",
            "choose from these; lab run --list shows what they mean.",
        )
    return {
        path: {one.name: one.read(given[one.name]) for one in parameters if one.name in given}
        for path, parameters in declared.items()
    }


def parameter_names(declared: Mapping[Path, Sequence[Parameter]]) -> str:
    """Return a line a notebook with the names of its parameters."""
    return "\n".join(
        f"  {path.stem}: {', '.join(one.name for one in parameters) or 'none'}"
        for path, parameters in declared.items()
    )


def describe_parameters(notebook: Path, parameters: Sequence[Parameter]) -> str:
    """Return a notebook's parameters, a line each, with default and meaning."""
    shown = [(f"{one.name} = {one.default!r}", one) for one in parameters]
    width = max((len(text) for text, _one in shown), default=0)
    lines = [f"  {text:{width}}  {one.type:5}  {one.meaning}" for text, one in shown]
    return "\n".join([notebook.stem, *lines] if lines else [notebook.stem, "  no parameters"])


def papermill_arguments(values: Mapping[str, Any]) -> list[str]:
    """Return papermill's options for the values; a text stays one, even ``"007"``."""
    options: list[str] = []
    for name, value in values.items():
        options += ["-r" if isinstance(value, str) else "-p", name, str(value)]
    return options


def _read_value(wanted: type, text: str) -> Any:
    if wanted is str:
        return text
    if wanted is bool:
        return _TRUTHS[text.strip().lower()]
    value = wanted(text)
    if wanted is float and not math.isfinite(value):
        raise ValueError(text)
    return value


def _literal(text: str) -> Any:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None
    return value if type(value) in _KINDS else None


def assigned_values(source: str) -> dict[str, str]:
    """Return the values that a cell's assignments give, each as Python would write it."""
    return {
        ast.unparse(target): ast.unparse(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        for target in node.targets
    }
