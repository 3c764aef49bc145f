"""Values for the variables of a configuration that nothing gives one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lab_utils.grading.configuration.hcl import Part
from lab_utils.grading.configuration.sources import Sources, read_regular, write_file
from lab_utils.grading.configuration.values import given_values, tfvars_in
from lab_utils.settings import LOCAL_ACCOUNT

_OWN_FILE = "zz-grading.auto.tfvars"
_JSON_NAME = re.compile(r'"([\w-]+)"\s*:')
_BY_TYPE = (
    ("number", "1"),
    ("bool", "true"),
    ("list", "[]"),
    ("set", "[]"),
    ("tuple", "[]"),
    ("map", "{}"),
    ("object", "{}"),
)


def give_values(sources: Sources, region: str) -> Iterator[str]:
    """Give each variable without a default and without a value one. Yields the remarks.

    Args:
        sources: The configuration.
        region: What a variable that asks for a region gets.
    """
    given = {name.removeprefix("var.") for name in given_values(sources)} | _given_in_json(sources)
    others = _other_values(sources)
    lines: list[str] = []
    for path, block in sources.blocks("variable"):
        name = block.labels[0] if block.labels else ""
        is_root = path.parent == sources.folder
        has_value = name in given or sources.attribute(path, block, "default") is not None
        if not name or not is_root or has_value:
            continue
        given.add(name)
        value, origin = others.get(name) or (_guess(sources, path, block, region), "")
        lines.append(f"{name} = {value}")
        yield _remark(name, "" if origin else value, origin)
    if lines:
        text = "".join(f"{line}\n" for line in lines)
        write_file(sources.place, sources.folder / _OWN_FILE, text.encode("utf-8"))


def _remark(name: str, value: str, origin: str) -> str:
    lacks = f"The variable {name} has neither a default nor a value in terraform.tfvars"
    return f"{lacks}: {origin} gives it one." if origin else f"{lacks}: it was given {value}."


def _other_values(sources: Sources) -> dict[str, tuple[str, str]]:
    """Return value and file of what other ``.tfvars`` files give: those for ``-var-file``."""
    found: dict[str, tuple[str, str]] = {}
    patterns = ("*.tfvars", "*/*.tfvars", "*.tfvars.example", "*.tfvars.sample")
    for pattern in patterns:
        for path in sorted(sources.folder.glob(pattern)):
            if sources.place.holds(path):
                for name, value in tfvars_in(path).items():
                    shown = sources.place.shown(path)
                    found.setdefault(name.removeprefix("var."), (value, shown))
    return found


def _given_in_json(sources: Sources) -> set[str]:
    names: set[str] = set()
    for path in sources.folder.glob("*.tfvars.json"):
        is_read = path.name == "terraform.tfvars.json" or path.name.endswith(".auto.tfvars.json")
        if is_read:
            text = (read_regular(path) or b"").decode("utf-8", "replace")
            names |= set(_JSON_NAME.findall(text))
    return names


def _guess(sources: Sources, path: Path, block: Part, region: str) -> str:
    """Return a value that fits a variable's type, else a text by its name."""
    kind = sources.attribute(path, block, "type") or "string"
    for word, value in _BY_TYPE:
        if kind.strip('" ').startswith(word):
            return value
    name = block.labels[0]
    lowered = name.lower()
    if "region" in lowered:
        return f'"{region}"'
    return f'"{LOCAL_ACCOUNT}"' if "account" in lowered else f'"{name}"'
