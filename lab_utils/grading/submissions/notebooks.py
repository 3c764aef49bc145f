"""Reads notebooks as they come: whole or damaged, of any format, with outputs or without.

Only the cells are kept: their kind, id, nbgrader's marks and source. Outputs are never looked at,
whatever their size. A file that is no JSON (cut off, or with Git's conflict marks in it) is read
for its cells alone, one after another as far as they go.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from lab_utils.grading.submissions.remarks import shown, shown_names

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PART = re.compile(r"part([1-7])-")
_NUMBER = re.compile(r"(?:^|[^0-9])0?([1-7])[_\-. ]")
_WORDS = ("iot_core", "dynamodb", "timestream", "lambda", "gitlab", "visuali", "destroy")
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7}).*\n?", re.M)
_KIND = re.compile(r'"cell_type"\s*:\s*"(code|markdown|raw)"')
_SALVAGED_ID = re.compile(r'"id"\s*:\s*"([A-Za-z0-9_-]{1,64})"')
_SALVAGED_GRADE_ID = re.compile(r'"grade_id"\s*:\s*"([A-Za-z0-9_-]{1,64})"')
_SOURCE = re.compile(r'"(?:source|input)"\s*:\s*(?=[\["])')
_LIST_PUNCTUATION = re.compile(r"[\s,]*")
_MOST_CELLS = 2000
_MOST_SOURCES = 100
"""Of one cell that is salvaged: an output may hold such words too."""


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook.

    Attributes:
        kind: ``code``, ``markdown`` or ``raw``.
        id: Its own id, or nbgrader's; "" where it has none that can be told.
        source: Its text.
        is_check: Whether nbgrader's marks say that it is graded.
        is_solution: Whether they say that it is an exercise.
        tags: Its tags.
    """

    kind: str
    id: str
    source: str
    is_check: bool = False
    is_solution: bool = False
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notebook:
    """A notebook without its outputs.

    Attributes:
        name: Its file's name without ``.ipynb``.
        part: The part of the course that it is about; None if it is about none or several.
        cells: In order.
        remarks: What was damaged, in sentences.
    """

    name: str
    part: int | None
    cells: tuple[Cell, ...]
    remarks: tuple[str, ...] = field(default=())


def read_notebook(name: str, content: bytes) -> Notebook:
    """Return what there is of a notebook; a file that is none has no cells and a remark.

    Args:
        name: The file's name without ``.ipynb``.
        content: The file.
    """
    text, remarks = _decoded(content)
    document, more = _parsed(text)
    remarks += more
    cells = list(_cells_of(document)) if document is not None else list(_salvaged(text))
    if document is None:
        remarks.append(f"it is no valid JSON; {len(cells)} cells could be read from it")
    elif len(cells) > _MOST_CELLS:
        remarks.append(f"it has {len(cells)} cells, of which the first {_MOST_CELLS} count")
    language = _language(document)
    if language not in {"", "python"}:
        remarks.append(f"its kernel is for {shown(language)}; it is run with Python")
    kept = cells[:_MOST_CELLS]
    if twice := _twice(kept):
        remarks.append(f"it has cells more than once: {shown_names(twice)}")
    said = tuple(f"Notebook {shown(name)}: {remark}." for remark in remarks)
    return Notebook(name, _part_of(name, kept), tuple(kept), said)


def _decoded(content: bytes) -> tuple[str, list[str]]:
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return content.decode("utf-16", "replace"), ["it is written in UTF-16"]
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace"), ["it is not written in UTF-8"]


def _parsed(text: str) -> tuple[Mapping[str, Any] | None, list[str]]:
    for candidate, said in (
        (text, []),
        (_CONFLICT.sub("", text), ["it holds Git's conflict marks"]),
    ):
        try:
            document = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        return (document, said) if isinstance(document, dict) else (None, [])
    return None, []


def _cells_of(document: Mapping[str, Any]) -> Iterator[Cell]:
    """Yield the cells of a parsed notebook; those of nbformat 3 lie in worksheets."""
    sheets = [document, *_listed(document.get("worksheets"))]
    for sheet in sheets:
        for cell in _listed(sheet.get("cells")) if isinstance(sheet, dict) else []:
            if isinstance(cell, dict):
                yield _cell(cell)


def _cell(told: Mapping[str, Any]) -> Cell:
    metadata = told.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    marks = metadata.get("nbgrader")
    marks = marks if isinstance(marks, dict) else {}
    kind = told.get("cell_type")
    source = told.get("source", told.get("input", ""))
    names = (told.get("id"), marks.get("grade_id"), metadata.get("id"))
    known = [name for name in names if isinstance(name, str) and _ID.fullmatch(name)]
    ours = [name for name in known if _PART.match(name)]
    return Cell(
        kind if kind in {"code", "raw"} else "markdown",
        next(iter([*ours, *known]), ""),
        _text(source),
        is_check=marks.get("grade") is True,
        is_solution=marks.get("solution") is True,
        tags=tuple(tag for tag in _listed(metadata.get("tags")) if isinstance(tag, str)),
    )


def _text(source: object) -> str:
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str)).replace("\r\n", "\n")
    # JSON can hold halves of surrogate pairs, which no file can.
    return text.encode("utf-8", "replace").decode("utf-8")


def _listed(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _salvaged(text: str) -> Iterator[Cell]:
    """Yield the cells of a file that is no JSON, each as far as its text goes."""
    starts = list(islice(_KIND.finditer(text), _MOST_CELLS))
    for start, end in zip(starts, [*(one.start() for one in starts[1:]), None], strict=False):
        segment = text[start.end() : end]
        places = islice(_SOURCE.finditer(segment), _MOST_SOURCES)
        sources = (_salvaged_source(segment, at.end()) for at in places)
        texts = [source for source in sources if source is not None]
        found = _SALVAGED_ID.search(segment) or _SALVAGED_GRADE_ID.search(segment)
        if texts:
            is_check = bool(re.search(r'"grade"\s*:\s*true', segment))
            is_solution = bool(re.search(r'"solution"\s*:\s*true', segment))
            cell_id = found[1] if found else ""
            yield Cell(start[1], cell_id, texts[-1], is_check=is_check, is_solution=is_solution)


def _salvaged_source(text: str, place: int) -> str | None:
    """Return the lines of a source that begins at a place, as many as can be read."""
    decoder, lines = json.JSONDecoder(strict=False), []
    is_list = text[place] == "["
    place += is_list
    while place < len(text):
        found = _LIST_PUNCTUATION.match(text, place)
        place = found.end() if found else place
        if text[place : place + 1] != '"':
            break
        try:
            line, place = decoder.raw_decode(text, place)
        except ValueError:
            break
        lines.append(line)
        if not is_list:
            break
    return _text(lines) if lines else None


def _language(document: Mapping[str, Any] | None) -> str:
    metadata = (document or {}).get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    told = kernel.get("language") or kernel.get("name") if isinstance(kernel, dict) else ""
    return "python" if "python" in str(told).lower() else str(told or "")


def _twice(cells: Sequence[Cell]) -> list[str]:
    counts = Counter(cell.id for cell in cells if cell.id)
    return [cell_id for cell_id, count in counts.items() if count > 1]


def _part_of(name: str, cells: Sequence[Cell]) -> int | None:
    """Return the part that most ids name, else the one that the file's name tells."""
    parts = Counter(int(found[1]) for cell in cells if (found := _PART.match(cell.id)))
    if parts:
        return parts.most_common(1)[0][0]
    lowered = name.lower()
    for part, word in enumerate(_WORDS, start=1):
        if word in lowered:
            return part
    found = _NUMBER.search(f"{lowered} ")
    return int(found[1]) if found else None
