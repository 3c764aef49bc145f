"""The packages and sources that a configuration and the deploy scripts ask for, by file name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lab_utils.grading.configuration.hcl import Part, line_of
from lab_utils.grading.configuration.sources import Sources
from lab_utils.grading.configuration.values import Values
from lab_utils.grading.packaging_scripts import Script
from lab_utils.grading.workplace import Workplace

_FUNCTION, _ARCHIVE = "aws_lambda_function", "archive_file"
_HASHED = re.compile(r'file(?:base64)?(?:sha256|sha512|md5)\(\s*("[^"\n]*\.zip")\s*\)')
_UPLOADED = re.compile(r"fileb://([^\s\"'$`]+\.zip)")
_ONE_VARIABLE = re.compile(r"fileb://\"?\$\{?(\w+)\}?\"?")
_PLACEHOLDER = re.compile(r"empty|dummy|placeholder", re.I)


@dataclass(frozen=True)
class Wanted:
    """A file, or a folder of sources, that has to be there.

    Attributes:
        path: Where.
        handler: Of the function that it is for; "" if that is not known.
        asked_by: What asks for it, such as ``terraform/lambda.tf, line 3``.
        is_folder: Whether it is a folder of sources that Terraform packs itself.
    """

    path: Path
    handler: str
    asked_by: str
    is_folder: bool = False

    @property
    def is_placeholder(self) -> bool:
        """Whether its name says that the code comes later."""
        return bool(_PLACEHOLDER.search(self.path.name))


def wanted_by_terraform(sources: Sources) -> list[Wanted]:
    """Return what the configuration's functions and archives are made of, as far as known."""
    values = Values(sources)
    handlers = [handler for *_place, handler in _functions(sources, values)]
    handler = handlers[0] if handlers else ""
    found = [
        *_packages(sources, values),
        *_uploads(sources, values, handler),
        *_sources_of_archives(sources, values, handler),
    ]
    # An archive is made by Terraform itself.
    made = set(_outputs_of_archives(sources, values))
    unique = {one.path: one for one in reversed(found) if one.path not in made}
    return list(reversed(unique.values()))


def wanted_by_scripts(place: Workplace, scripts: Iterable[Script], handler: str) -> list[Wanted]:
    """Return the packages that deploy scripts upload."""
    found: list[Wanted] = []
    for script in scripts:
        for name in _uploaded(script.text):
            path = _absolute(place.workspace, name)
            found.append(Wanted(path, handler, place.shown(script.path)))
    return found


def _uploaded(text: str) -> Iterator[str]:
    yield from _UPLOADED.findall(text)
    for variable in _ONE_VARIABLE.findall(text):
        given = re.search(rf"^\s*(?:export\s+)?{variable}=[\"']?([\w./-]+\.zip)", text, re.M)
        if given:
            yield given[1]


def _functions(sources: Sources, values: Values) -> Iterator[tuple[Path, Part, str]]:
    """Yield file, block and handler of each function."""
    for path, block in sources.blocks("resource"):
        if block.labels[:1] == (_FUNCTION,):
            expression = sources.attribute(path, block, "handler") or ""
            yield path, block, values.text(expression, path.parent) or ""


def _packages(sources: Sources, values: Values) -> Iterator[Wanted]:
    for path, block, handler in _functions(sources, values):
        text = sources.texts[path][block.start : block.end]
        expressions = [sources.attribute(path, block, "filename") or "", *_HASHED.findall(text)]
        for expression in expressions:
            name = values.text(expression, path.parent)
            if name:
                yield Wanted(_absolute(sources.folder, name), handler, _place(sources, path, block))


def _uploads(sources: Sources, values: Values, handler: str) -> Iterator[Wanted]:
    """Yield the packages that Terraform would upload to S3."""
    for path, block in sources.blocks("resource"):
        if block.labels[:1] in (("aws_s3_object",), ("aws_s3_bucket_object",)):
            name = values.text(sources.attribute(path, block, "source") or "", path.parent)
            if name and name.endswith(".zip"):
                yield Wanted(_absolute(sources.folder, name), handler, _place(sources, path, block))


def _sources_of_archives(sources: Sources, values: Values, handler: str) -> Iterator[Wanted]:
    for path, block in _archives(sources):
        for name in ("source_dir", "source_file"):
            expression = sources.attribute(path, block, name)
            told = values.text(expression, path.parent) if expression else None
            if told:
                place = _place(sources, path, block)
                is_folder = name == "source_dir"
                yield Wanted(_absolute(sources.folder, told), handler, place, is_folder)


def _outputs_of_archives(sources: Sources, values: Values) -> Iterator[Path]:
    for path, block in _archives(sources):
        told = values.text(sources.attribute(path, block, "output_path") or "", path.parent)
        if told:
            yield _absolute(sources.folder, told)


def _archives(sources: Sources) -> Iterator[tuple[Path, Part]]:
    for path, block in sources.blocks("resource", "data"):
        if block.labels[:1] == (_ARCHIVE,):
            yield path, block


def _absolute(folder: Path, name: str) -> Path:
    return Path(os.path.normpath(folder / name))


def _place(sources: Sources, path: Path, part: Part) -> str:
    return f"{sources.place.shown(path)}, line {line_of(sources.texts[path], part.start)}"
