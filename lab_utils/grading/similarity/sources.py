"""The code of a submission: its files, and the cells of its notebooks, as passages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from lab_utils.grading.similarity.hcl import hcl_passages
from lab_utils.grading.similarity.passages import HCL, PYTHON, YAML, Passage, Source
from lab_utils.grading.similarity.python_code import parse, python_passages
from lab_utils.grading.similarity.yaml_text import yaml_passages

_KINDS = {".tf": HCL, ".py": PYTHON, ".yml": YAML, ".yaml": YAML}
_LONGEST, _LONGEST_BOOK = 200_000, 20_000_000
"""A file of more bytes is nobody's own writing, and is not compared; a notebook holds pictures."""
_LONGEST_OF_ALL = 2_000_000
"""So many characters of a submission are compared."""
_FILE_MAGIC = re.compile(r"%%(?:terraform|workspace|writefile)[ \t]+(?:-a[ \t]+)?(\S+)[^\n]*\n?")
_OTHER_MAGIC = re.compile(r"%%(?!time\b|capture\b)\w+")


@dataclass(frozen=True)
class LeftOut:
    """A file that could not be compared, and why."""

    file: str
    why: str


@dataclass(frozen=True)
class Work:
    """What is compared of one submission.

    Attributes:
        passages: Its passages.
        texts: The texts that they stand in, by file or cell.
        left_out: Files that could not be compared.
    """

    passages: tuple[Passage, ...]
    texts: Mapping[str, str]
    left_out: tuple[LeftOut, ...]


def read_work(files: Mapping[str, bytes]) -> Work:
    """Return what is compared of a submission; a damaged file harms no other.

    Args:
        files: Its files by path.
    """
    sources: list[Source] = []
    left_out: list[LeftOut] = []
    for file, content in sorted(files.items()):
        suffix = PurePosixPath(file).suffix.lower()
        if suffix not in _KINDS and suffix != ".ipynb":
            continue
        try:
            if len(content) > (_LONGEST_BOOK if suffix == ".ipynb" else _LONGEST):
                raise ValueError("it is too long to be anybody's own writing")
            text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n")
            sources += _cells(file, text) if suffix == ".ipynb" else [_file(file, text)]
        except (ValueError, RecursionError) as error:
            left_out.append(LeftOut(file, str(error)))
    sources, too_much = _bounded(sources)
    passages, unread = _passages(sources)
    texts = {source.file: source.text for source in sources}
    return Work(tuple(passages), texts, (*left_out, *too_much, *unread))


def _bounded(sources: list[Source]) -> tuple[list[Source], list[LeftOut]]:
    """Return as many sources as are compared, and the others."""
    kept: list[Source] = []
    left_out: list[LeftOut] = []
    length = 0
    for source in sources:
        length += len(source.text)
        is_kept = length <= _LONGEST_OF_ALL and len(source.text) <= _LONGEST
        if is_kept:
            kept.append(source)
        else:
            left_out.append(LeftOut(source.file, "the submission has too much code to compare"))
    return kept, left_out


def _file(file: str, text: str) -> Source:
    return Source(_KINDS[PurePosixPath(file).suffix.lower()], file, text)


def _cells(file: str, text: str) -> Iterator[Source]:
    """Yield the code cells of a notebook, each with the kind of what it writes.

    Raises:
        ValueError: It is no notebook.
    """
    book = json.loads(text)
    cells = book.get("cells") if isinstance(book, dict) else None
    if not isinstance(cells, list):
        raise ValueError("it is no notebook")
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        source = "".join(map(str, source)) if isinstance(source, list) else str(source)
        named = f"{file}, cell {cell.get('id') or number}"
        magic = _FILE_MAGIC.match(source)
        if magic:
            kind = _KINDS.get(PurePosixPath(magic[1]).suffix.lower())
            if kind:
                # The line with the magic stays as an empty one: lines are those of the cell.
                yield Source(kind, named, "\n" + source[magic.end() :])
        elif not _OTHER_MAGIC.match(source):
            yield Source(PYTHON, named, source)


def _passages(sources: list[Source]) -> tuple[list[Passage], list[LeftOut]]:
    passages: list[Passage] = []
    left_out: list[LeftOut] = []
    for source in sources:
        try:
            if source.kind == HCL:
                passages += hcl_passages(source.file, source.text)
            elif source.kind == YAML:
                passages += yaml_passages(source.file, source.text)
            elif tree := parse(source.text):
                passages += python_passages(source.file, tree)
            else:
                left_out.append(LeftOut(source.file, "it is no Python that can be read"))
        except RecursionError:
            left_out.append(LeftOut(source.file, "it is nested too deeply"))
    return passages, left_out
