"""From Terraform's errors to the blocks that they are about."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path

from lab_utils.grading.configuration.engine import Complaint
from lab_utils.grading.configuration.hcl import BLOCK, Part, blanked, line_of, part_at, parts_of
from lab_utils.grading.configuration.shelf import Shelf
from lab_utils.grading.configuration.sources import Sources

_OF_MEANING = re.compile(
    r"Unsupported|Duplicate|Reference to|Missing (required|name|resource)|Extraneous|Incorrect"
    r"|Invalid (resource type|data source|reference|function|value|index|for_each|count)"
    r"|Invalid template interpolation|Error (in function|accessing)|Call to unknown|No value"
    r"|Inconsistent|Unreadable module"
    r"|Self-referential|Cycle|Variables not allowed|Attempt to|Too (few|many)|Insufficient"
)
"""Errors of what a block says. All others may be of a file that cannot be read: there only the
first counts, because the rest of the file is read wrongly after it."""
_OLD_TERRAFORM = "Unsupported Terraform Core version"
_UNDECLARED = "Reference to undeclared"
_CONTAINERS = ("terraform", "locals", "provider", "module")
"""Blocks of which one entry can be set aside without the others."""
_REFERRED = re.compile(
    r'(?P<mode>managed|data) resource "(?P<type>[^"]+)" "(?P<name>[^"]+)"'
    r'|(?:input variable|variable) (?:with the name |named )?"(?P<variable>[^"]+)"'
    r'|local value with the name "(?P<local>[^"]+)"|No module call named "(?P<module>[^"]+)"'
)
_NAMED = re.compile(r"(?:module\.[\w-]+\.)*((?:data\.|module\.)?[a-z][\w-]*\.[\w-]+)")
_MODULE = re.compile(r'module "([\w-]+)"')


class Refusals:
    """Sets aside what Terraform's errors are about.

    Args:
        sources: The configuration.
        shelf: Where what is set aside is listed.
    """

    def __init__(self, sources: Sources, shelf: Shelf) -> None:
        self._sources = sources
        self._shelf = shelf
        self.remarks: list[str] = []

    def take(self, complaints: Iterable[Complaint]) -> bool:
        """Return whether anything could be set aside for these errors."""
        placed: dict[tuple[Path, int], list[Complaint]] = {}
        broken: dict[Path, int] = {}
        is_changed = False
        for one in sorted(complaints, key=lambda one: (one.file, one.line)):
            path = self._path(one)
            if path is None:
                is_changed |= self._take_unplaced(one)
                continue
            if not (one.address or _OF_MEANING.match(one.summary)):
                broken.setdefault(path, one.line)
            placed.setdefault((path, one.line), []).append(one)
        # What stands behind the first error of a file that cannot be read is read wrongly.
        placed = {at: said for at, said in placed.items() if at[1] <= broken.get(at[0], at[1])}
        adapted = [self._adapt(path, line, said[0]) for (path, line), said in placed.items()]
        return any(adapted) or self._take_placed(placed, broken) or is_changed

    def part_of(self, complaint: Complaint) -> tuple[Path, Part] | None:
        """Return file and block that an error is about, None if it names none."""
        path = self._path(complaint)
        if path is not None:
            part = part_at(self._sources.texts[path], self._sources.parts(path), complaint.line)
            return (path, part) if part else None
        return self._block(complaint.address)

    def _take_placed(
        self, placed: Mapping[tuple[Path, int], list[Complaint]], broken: Container[Path]
    ) -> bool:
        """Set aside the parts in which errors are, and return whether there was anything."""
        found: dict[tuple[Path, int], tuple[Part, Part | None, list[Complaint]]] = {}
        for (path, line), complaints in placed.items():
            part, container = self._smallest(path, line, path in broken)
            if part is None:
                self._shelf.put_file(path, complaints[0].words)
                return True
            found.setdefault((path, part.start), (part, container, []))[2].extend(complaints)
        whys = {place: self._why(complaints) for place, (*_part, complaints) in found.items()}
        for place in sorted(found):
            self._shelf.list(place[0], found[place][0], whys[place], found[place][1])
        # From the last, so that the others stay where they are.
        for place in sorted(found, reverse=True):
            self._shelf.take_out(place[0], found[place][0])
        return bool(found)

    def _smallest(self, path: Path, line: int, is_broken: bool) -> tuple[Part | None, Part | None]:
        """Return the part to set aside at a line, and the block that it is in, if in one."""
        text = self._sources.texts[path]
        parts = self._sources.parts(path)
        if is_broken and (unclosed := _first_unclosed(text, parts, line)):
            return unclosed, None
        part = part_at(text, parts, line)
        if part is None or part.kind != BLOCK or part.name not in _CONTAINERS or is_broken:
            return part, None
        inner = part_at(text, parts_of(text, part), line)
        return (inner, part) if inner is not None else (part, None)

    def _adapt(self, path: Path, line: int, complaint: Complaint) -> bool:
        """Change what is harmless instead of setting a block aside; return whether it was."""
        text = self._sources.texts[path]
        block = part_at(text, self._sources.parts(path), line)
        inner = part_at(text, parts_of(text, block), line) if block else None
        if block is None or inner is None:
            return False
        place = f"{self._sources.place.shown(path)}, line {line}"
        if complaint.summary == _OLD_TERRAFORM and inner.name == "required_version":
            self.remarks.append(
                f"{place}: required_version was taken out; the sandbox has another."
            )
        elif inner.name == "depends_on" and self._is_set_aside(complaint):
            self.remarks.append(
                f"{place}: depends_on of {block.title} was taken out; what it names was set aside."
            )
        else:
            return False
        self._sources.write(path, blanked(text, inner.start, inner.end))
        return True

    def _is_set_aside(self, complaint: Complaint) -> bool:
        return bool(_referred(complaint) & self._shelf.addresses)

    def _why(self, complaints: list[Complaint]) -> str:
        """Return Terraform's words, and what of them follows from a block set aside before."""
        fallen = {name for one in complaints for name in _referred(one)} & self._shelf.addresses
        said = " ".join(dict.fromkeys(one.words for one in complaints))
        if not fallen:
            return said
        return f"It refers to {', '.join(sorted(fallen))}, which was set aside. {said}"

    def _path(self, complaint: Complaint) -> Path | None:
        """Return the file that an error names, if it is one of the configuration's."""
        if not complaint.file or not complaint.line:
            return None
        path = Path(os.path.normpath(self._sources.folder / complaint.file))
        return path if path in self._sources.texts else None

    def _take_unplaced(self, complaint: Complaint) -> bool:
        """Set aside what an error without a place names; return whether there was anything."""
        for name in _names(complaint):
            if found := self._block(name):
                self._shelf.put(*found, complaint.words)
                return True
        return False

    def _block(self, address: str) -> tuple[Path, Part] | None:
        """Return the block of an address such as ``module.a.aws_iot_thing.b["c"]``."""
        match = _NAMED.match(address)
        wanted = match[1] if match else address
        for path in self._sources.texts:
            for part in self._sources.parts(path):
                if part.address and part.address == wanted:
                    return path, part
        return None


def _first_unclosed(text: str, parts: list[Part], line: int) -> Part | None:
    """Return the first block without an end; of a heredoc Terraform names only a later line."""
    unclosed = (part for part in parts if part.kind == BLOCK and not part.is_closed)
    return next((part for part in unclosed if line_of(text, part.start) <= line), None)


def _referred(complaint: Complaint) -> set[str]:
    """Return the addresses that an error says are not declared."""
    if not complaint.summary.startswith(_UNDECLARED):
        return set()
    found: set[str] = set()
    for match in _REFERRED.finditer(complaint.detail):
        if match["type"]:
            prefix = "data." if match["mode"] == "data" else ""
            found.add(f"{prefix}{match['type']}.{match['name']}")
        for kind, prefix in (("variable", "var"), ("local", "local"), ("module", "module")):
            if match[kind]:
                found.add(f"{prefix}.{match[kind]}")
    return found


def _names(complaint: Complaint) -> Iterator[str]:
    """Yield the addresses that an error names, sorted, so that a cycle is cut at one place."""
    if complaint.address:
        yield complaint.address
    text = f"{complaint.summary} {complaint.detail}"
    yield from (f"module.{name}" for name in _MODULE.findall(text))
    yield from sorted({match[1] for match in _NAMED.finditer(text)})
