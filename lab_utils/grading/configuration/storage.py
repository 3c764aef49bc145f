"""Functions whose package a configuration uploads to S3, for which the sandbox has no resources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lab_utils.grading.configuration.hcl import Part, blanked, line_of, parts_of
from lab_utils.grading.configuration.sources import Sources

_OBJECTS = ("aws_s3_object", "aws_s3_bucket_object")
_REFERRED = re.compile(r"(aws_s3_(?:bucket_)?object)\.([\w-]+)\.(?:key|id)")
_OF_S3 = ("s3_bucket", "s3_key", "s3_object_version")


def take_packages_from_files(sources: Sources) -> Iterator[str]:
    """Give functions the file that would be uploaded for them. Yields the remarks."""
    for path, block in reversed(list(sources.blocks("resource"))):
        if block.labels[:1] != ("aws_lambda_function",):
            continue
        source = _uploaded(sources, path, sources.attribute(path, block, "s3_key") or "")
        if source is None:
            continue
        place = f"{sources.place.shown(path)}, line {line_of(sources.texts[path], block.start)}"
        _put_filename(sources, path, block, source)
        yield f"{place}: {block.title} takes its package from {source}, and not from S3."


def _uploaded(sources: Sources, path: Path, key: str) -> str | None:
    """Return the expression of the file that is uploaded under a key."""
    referred = _REFERRED.fullmatch(key)
    for file, block in sources.blocks("resource"):
        if file.parent != path.parent or block.labels[:1] not in [(one,) for one in _OBJECTS]:
            continue
        is_named = referred is not None and block.labels == referred.groups()
        if is_named or (key and sources.attribute(file, block, "key") == key):
            return sources.attribute(file, block, "source")
    return None


def _put_filename(sources: Sources, path: Path, block: Part, source: str) -> None:
    text = sources.texts[path]
    for part in reversed(parts_of(text, block)):
        if part.name == "s3_key":
            text = f"{text[: part.start]}filename = {source}{text[part.end :]}"
        elif part.name in _OF_S3:
            text = blanked(text, part.start, part.end)
    sources.write(path, text)
