"""``local_file`` and ``local_sensitive_file``, as resources and as data sources."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from pathlib import Path
from typing import Any, ClassVar

from lab_utils.local_aws.provider.checksums import checksums, explained, prefixed
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.overlay import Overlay
from lab_utils.local_aws.provider.resource import DataSource, Resource
from lab_utils.local_aws.provider.validation import matches
from lab_utils.local_aws.provider.values import State

_MODE = matches("[0-7]{3,4}", "a file mode in octal notation, three or four digits, such as 0644")
_MODES = {"file_permission": (_MODE,), "directory_permission": (_MODE,)}
_ARGUMENTS = frozenset({"filename", "file_permission", "directory_permission"})


class LocalFile(Resource):
    """A file with a given content."""

    type_name = "local_file"
    label = "local file"
    contents: ClassVar[tuple[str, ...]] = (
        "content",
        "sensitive_content",
        "content_base64",
        "source",
    )
    overlay: ClassVar[Overlay] = Overlay(
        force_new=_ARGUMENTS.union(contents),
        defaults={"file_permission": "0777", "directory_permission": "0777"},
        sensitive=frozenset({"sensitive_content"}),
        deprecated=frozenset({"sensitive_content"}),
        validators=_MODES,
        exactly_one_of=(contents,),
    )

    def create(self, context: Context, planned: State) -> State:
        """Write the file; its mode and that of new folders are subject to the umask."""
        content = self._content(context, planned)
        try:
            path = context.path(planned["filename"])
            _make_folders(path.parent, int(planned["directory_permission"], 8))
            _write(path, content, int(planned["file_permission"], 8))
        except OSError as error:
            raise self._failed("create", "write", error) from error
        sums = checksums(content)
        return {"id": sums["sha1"], **prefixed("content", sums)}

    def read(self, context: Context, state: State) -> State | None:
        """Return nothing new, or ``None`` when the file is gone or another one."""
        try:
            content = context.path(state["filename"]).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed("read", "read", error) from error
        is_same = hashlib.sha1(content, usedforsecurity=False).hexdigest() == state["id"]
        return {} if is_same else None

    def delete(self, context: Context, state: State) -> None:
        """Remove the file."""
        try:
            context.path(state["filename"]).unlink(missing_ok=True)
        except OSError as error:
            raise self._failed("delete", "delete", error) from error

    def import_(self, _context: Context, _import_id: str) -> State:
        """Refuse: as with the real provider, a file cannot be imported."""
        raise ProviderError(
            "Resource Import Not Implemented",
            f"{self.type_name} does not support import. Remove the import and apply: the file is "
            "written with the configured content.",
        )

    def display_name(self, state: State) -> str:
        """Return the file's name."""
        return str(state.get("filename"))

    def _content(self, context: Context, planned: State) -> bytes:
        if (encoded := planned.get("content_base64")) is not None:
            try:
                return base64.b64decode(encoded, validate=True)
            except binascii.Error as error:
                words = f"The text is not base64: {error}."
                summary = f"Create {self.label} error"
                raise ProviderError(summary, words, ("content_base64",)) from error
        if (source := planned.get("source")) is not None:
            try:
                return context.path(source).read_bytes()
            except OSError as error:
                raise self._failed("create", "read", error, ("source",)) from error
        text = planned.get("sensitive_content")
        return str(planned["content"] if text is None else text).encode()

    def _failed(
        self, doing: str, verb: str, error: OSError, path: tuple[str, ...] = ("filename",)
    ) -> ProviderError:
        summary = f"{doing.capitalize()} {self.label} error"
        return ProviderError(summary, f"Could not {verb} the file {explained(error)}.", path)


class LocalSensitiveFile(LocalFile):
    """A file whose content stays out of Terraform's output."""

    type_name = "local_sensitive_file"
    label = "local sensitive file"
    contents: ClassVar[tuple[str, ...]] = ("content", "content_base64", "source")
    overlay: ClassVar[Overlay] = Overlay(
        force_new=_ARGUMENTS.union(contents),
        defaults={"file_permission": "0700", "directory_permission": "0700"},
        sensitive=frozenset({"content", "content_base64"}),
        validators=_MODES,
        exactly_one_of=(contents,),
    )


class LocalFileData(DataSource):
    """The content of a file."""

    type_name = "local_file"
    label = "local file"

    def read(self, context: Context, config: State) -> dict[str, Any]:
        """Read the file."""
        try:
            content = context.path(config["filename"]).read_bytes()
        except OSError as error:
            summary = f"Read {self.label} data source error"
            words = f"Could not read the file {explained(error)}."
            raise ProviderError(summary, words, ("filename",)) from error
        sums = checksums(content)
        return {
            "id": sums["sha1"],
            "content": content.decode(errors="replace"),
            "content_base64": base64.b64encode(content).decode(),
            **prefixed("content", sums),
        }


class LocalSensitiveFileData(LocalFileData):
    """The content of a file, kept out of Terraform's output."""

    type_name = "local_sensitive_file"
    label = "local sensitive file"
    overlay: ClassVar[Overlay] = Overlay(sensitive=frozenset({"content", "content_base64"}))


def _make_folders(folder: Path, mode: int) -> None:
    """Make a folder and those above it, all with this mode."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode, exist_ok=True)


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a file that, if it is new, has its mode from the first byte on."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags, mode), "wb") as file:  # noqa: PTH123 - takes a descriptor
        file.write(content)


RESOURCES: tuple[type[Resource], ...] = (LocalFile, LocalSensitiveFile)
DATA_SOURCES: tuple[type[DataSource], ...] = (LocalFileData, LocalSensitiveFileData)
