"""``archive_file``, as data source and as the deprecated resource."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from lab_utils.local_aws.provider.archive.packing import TYPES, Entry, folder_entries, pack
from lab_utils.local_aws.provider.checksums import checksums, explained, prefixed
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.overlay import Overlay
from lab_utils.local_aws.provider.resource import DataSource, Resource
from lab_utils.local_aws.provider.values import State

_SUMMARY = "Archive creation error"
_CONTENT_MODE = 0o644
_SOURCES = ("source", "source_content_filename", "source_file", "source_dir")
_CONFLICTS = (
    ("source", "source_file"),
    ("source", "source_dir"),
    ("source", "source_content"),
    ("source", "source_content_filename"),
    ("source_content", "source_file"),
    ("source_content", "source_dir"),
    ("source_content_filename", "source_file"),
    ("source_content_filename", "source_dir"),
    ("source_file", "source_dir"),
    ("excludes", "source_file"),
    ("excludes", "source_content"),
    ("excludes", "source_content_filename"),
)


class ArchiveFileData(DataSource):
    """An archive, written anew at every read."""

    type_name = "archive_file"
    label = "archive file"
    overlay: ClassVar[Overlay] = Overlay(at_least_one_of=(_SOURCES,), conflicts=_CONFLICTS)

    def read(self, context: Context, config: State) -> dict[str, Any]:
        """Write the archive and tell its digests."""
        return write_archive(context, config)


class ArchiveFile(Resource):
    """An archive as a resource, in use before there was the data source."""

    type_name = "archive_file"
    label = "archive file"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset(
            {
                "type",
                "source_content",
                "source_content_filename",
                "source_file",
                "source_dir",
                "source",
                "excludes",
                "output_path",
                "output_file_mode",
            }
        ),
        deprecated=frozenset({""}),
        at_least_one_of=(_SOURCES,),
        conflicts=_CONFLICTS,
    )

    def validate(self, context: Context, _config: State) -> None:
        """Warn as the real provider does."""
        words = "Use the data source archive_file, which packs anew at every plan."
        context.warning("Deprecated Resource", words)

    def create(self, context: Context, planned: State) -> State:
        """Write the archive."""
        return write_archive(context, planned)

    def read(self, context: Context, state: State) -> State:
        """Write the archive anew, as the real provider does at every refresh."""
        return write_archive(context, state)

    def update(self, _context: Context, _prior: State, _planned: State) -> None:
        """Keep the archive: the read that follows writes it."""
        return

    def delete(self, _context: Context, _state: State) -> None:
        """Leave the file where it is, as the real provider does."""
        return

    def import_(self, _context: Context, _import_id: str) -> State:
        """Refuse: as with the real provider, an archive cannot be imported."""
        raise ProviderError(
            "Resource Import Not Implemented", f"{self.type_name} does not support import."
        )

    def display_name(self, state: State) -> str:
        """Return the archive's path."""
        return str(state.get("output_path"))


def write_archive(context: Context, told: State) -> dict[str, Any]:
    """Return the computed attributes of the archive that was written.

    Args:
        context: Whose folder relative paths start from.
        told: The attributes of ``archive_file``.
    """
    if told["type"] not in TYPES:
        words = f"error creating archive: archive type not supported: {told['type']}"
        raise ProviderError(_SUMMARY, words, ("type",))
    try:
        output = context.path(told["output_path"])
        packed = pack(told["type"], _entries(context, told, output))
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(packed)
    except OSError as error:
        raise ProviderError(_SUMMARY, f"error creating archive: {explained(error)}") from error
    sums = checksums(packed, "sha")
    return {"id": sums["sha"], "output_size": len(packed), **prefixed("output", sums)}


def _entries(context: Context, told: State, output: Path) -> Iterator[Entry]:
    mode = _file_mode(told["output_file_mode"])
    found = list(_found(context, told, output))
    if told["source_dir"] and not found:
        words = "error creating archive: error archiving directory: archive would be empty"
        raise ProviderError(_SUMMARY, words, ("source_dir",))
    for entry in found:
        yield entry if mode is None else Entry(entry.name, entry.content, mode)


def _found(context: Context, told: State, output: Path) -> Iterator[Entry]:
    if told["source_dir"]:
        folder = _existing(context, told, "source_dir", "directory")
        follow = not told["exclude_symlink_directories"]
        excludes = told["excludes"] or []
        yield from folder_entries(folder, excludes, follow, output.resolve(), context.path)
    elif told["source_file"]:
        path = _existing(context, told, "source_file", "file")
        yield Entry(path.name, path.read_bytes(), path.stat().st_mode & 0o7777)
    elif told["source_content_filename"]:
        content = (told["source_content"] or "").encode()
        yield Entry(told["source_content_filename"].replace("\\", "/"), content, _CONTENT_MODE)
    else:
        contents = {one["filename"]: one["content"] for one in told["source"]}
        for name, text in sorted(contents.items()):
            yield Entry(name.replace("\\", "/"), text.encode(), _CONTENT_MODE)


def _existing(context: Context, told: State, argument: str, what: str) -> Path:
    path = context.path(str(told[argument]))
    begin = f"error creating archive: error archiving {what}: could not archive"
    if not path.exists():
        raise ProviderError(_SUMMARY, f"{begin} missing {what}: {told[argument]}", (argument,))
    if path.is_dir() != (what == "directory"):
        words = f"{begin} {told[argument]}: it is not a {what}"
        raise ProviderError(_SUMMARY, words, (argument,))
    return path


def _file_mode(text: str | None) -> int | None:
    """Return a mode written as in Go: ``0644`` and ``0o644`` are octal."""
    if not text:
        return None
    try:
        return int(text, 8) if text.startswith("0") and text.isdigit() else int(text, 0)
    except ValueError as error:
        words = f"error creating archive: error parsing output_file_mode value: {text}"
        raise ProviderError(_SUMMARY, words, ("output_file_mode",)) from error


RESOURCES: tuple[type[Resource], ...] = (ArchiveFile,)
DATA_SOURCES: tuple[type[DataSource], ...] = (ArchiveFileData,)
