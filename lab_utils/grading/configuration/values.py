"""What expressions of a configuration come to, as far as that can be told without Terraform."""

from __future__ import annotations

import re
from pathlib import Path

from lab_utils.grading.configuration.hcl import ATTRIBUTE, parts_of, scan
from lab_utils.grading.configuration.sources import (
    Sources,
    find_configuration,
    read_regular,
    read_sources,
)
from lab_utils.grading.workplace import Workplace
from lab_utils.launching import as_it_is

_REFERENCE = re.compile(r"(?:var|local|path)\.[\w-]+")
_TEMPLATE = re.compile(r"(?<!\$)\$\{\s*((?:var|local|path)\.[\w-]+)\s*\}")
_QUOTED = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_DEEPEST = 5
TFVARS = ("terraform.tfvars", "*.auto.tfvars")
"""The files from which Terraform itself takes the values of variables."""


class Values:
    """Reads texts out of expressions: plain strings, variables, locals, paths.

    Args:
        sources: The configuration.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._named = {**_defaults(sources), **_locals(sources), **given_values(sources)}

    def text(self, expression: str, module: Path, depth: int = 0) -> str | None:
        """Return the text that an expression comes to; None if only Terraform can tell.

        Args:
            expression: Such as ``"${path.module}/files/package.zip"``.
            module: The folder of its module.
            depth: How many expressions led here.
        """
        expression = expression.strip()
        if _REFERENCE.fullmatch(expression):
            return self._referred(expression, module, depth)
        quoted = _QUOTED.fullmatch(expression)
        if not quoted:
            return None
        pieces: list[str] = []
        at = 0
        for match in _TEMPLATE.finditer(quoted[1]):
            value = self._referred(match[1], module, depth)
            if value is None:
                return None
            pieces += [quoted[1][at : match.start()], value]
            at = match.end()
        rest = quoted[1][at:]
        return None if "${" in rest.replace("$${", "") else "".join([*pieces, rest])

    def _referred(self, name: str, module: Path, depth: int) -> str | None:
        if name == "path.module":
            return str(module)
        if name.startswith("path."):
            return str(self._sources.folder)
        expression = self._named.get(name)
        if expression is None or depth >= _DEEPEST:
            return None
        return self.text(expression, module, depth + 1)


def configured_region(workspace: Path) -> str:
    """Return the region that the provider block of a submission names; "" if it names none.

    Args:
        workspace: The submission.
    """
    folder = find_configuration(workspace)
    if folder is None:
        return ""
    place = Workplace(workspace, as_it_is, {}, lambda _line: None)
    sources = read_sources(place, folder)
    values = Values(sources)
    for path, block in sources.blocks("provider"):
        is_main = block.labels == ("aws",) and path.parent == folder
        if is_main and sources.attribute(path, block, "alias") is None:
            region = values.text(sources.attribute(path, block, "region") or "", folder) or ""
            return region if _REGION.fullmatch(region) else ""
    return ""


def given_values(sources: Sources) -> dict[str, str]:
    """Return the expressions that the ``.tfvars`` files give to variables, as ``var.NAME``."""
    found: dict[str, str] = {}
    for pattern in TFVARS:
        for path in sorted(sources.folder.glob(pattern)):
            found |= tfvars_in(path)
    return found


def tfvars_in(path: Path) -> dict[str, str]:
    """Return the expressions that a ``.tfvars`` file gives to variables, as ``var.NAME``."""
    text = (read_regular(path) or b"").decode("utf-8", "replace")
    return {
        f"var.{part.name}": text[slice(*part.inner)].strip()
        for part in scan(text)
        if part.kind == ATTRIBUTE
    }


def _defaults(sources: Sources) -> dict[str, str]:
    named = (
        (f"var.{block.labels[0]}", sources.attribute(path, block, "default"))
        for path, block in sources.blocks("variable")
        if block.labels and path.parent == sources.folder
    )
    return {name: value for name, value in named if value is not None}


def _locals(sources: Sources) -> dict[str, str]:
    return {
        f"local.{part.name}": sources.texts[path][slice(*part.inner)].strip()
        for path, block in sources.blocks("locals")
        if path.parent == sources.folder
        for part in parts_of(sources.texts[path], block)
    }
