"""Takes the files that a folder or an archive offers, within the limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from lab_utils.errors import LabError
from lab_utils.grading.submissions.limits import ReadingLimits
from lab_utils.grading.submissions.naming import UnfitNameError, safe_path
from lab_utils.grading.submissions.remarks import LeftOut, shown, shown_names
from lab_utils.grading.submissions.unwanted import (
    PACKAGE,
    unwanted_content,
    unwanted_path,
)

_CHUNK = 1024 * 1024
_OFTEN = 4
"""How many times the size of all files is unpacked: files of one name replace each other."""


class SubmissionError(LabError):
    """A submission of which nothing can be read."""


class UnreadableError(Exception):
    """One file that cannot be read; its text goes on from "Left out, ..."."""


@dataclass(frozen=True)
class TakenFile:
    """One file of a submission.

    Attributes:
        content: As it was submitted.
        is_executable: Whether it may be run; None where its source tells no such thing.
    """

    content: bytes
    is_executable: bool | None = None


@dataclass(frozen=True)
class Offer:
    """A file that a folder or an archive offers.

    Attributes:
        name: As it stands there.
        size: In bytes, as it stands there; what is read is counted, whatever this says.
        open: Opens it; raises `UnreadableError`.
        packed: Its packed size in bytes; None where it is not packed by itself.
        is_executable: See `TakenFile`.
    """

    name: str
    size: int
    open: Callable[[], IO[bytes]]
    packed: int | None = None
    is_executable: bool | None = None


class Collection:
    """The files that are taken, and what is to be said of the others.

    Of two files with one name the later counts, as it would with any program that unpacks them.
    Names that differ in upper and lower case only are both taken: here they are two files.

    Args:
        limits: What may be taken.
    """

    def __init__(self, limits: ReadingLimits) -> None:
        self.limits = limits
        self.files: dict[str, TakenFile] = {}
        self.package: dict[str, bytes] = {}
        """Modules of the course's own package, by their path in it."""
        self.left_out = LeftOut()
        self._twice: list[str] = []
        self._folders: set[str] = set()
        self._bytes = 0
        self._unpacked_bytes = 0

    def take(self, offer: Offer) -> None:
        """Take a file, or note why it is left out."""
        try:
            self._take(offer)
        except (UnfitNameError, UnreadableError) as error:
            self.left_out.add(str(error), offer.name)

    def _take(self, offer: Offer) -> None:
        path = safe_path(offer.name, self.limits)
        if PACKAGE in path.split("/")[:-1]:
            self._take_of_package(path, offer)
            return
        if reason := unwanted_path(path):
            raise UnreadableError(reason)
        self._require_place(path)
        self._require_size(offer)
        content = self._read(offer)
        if reason := unwanted_content(path, content):
            raise UnreadableError(reason)
        if path in self.files:
            self._twice.append(path)
            self._bytes -= len(self.files[path].content)
        self._bytes += len(content)
        self.files[path] = TakenFile(content, offer.is_executable)
        self._folders.update(_folders_of(path))

    def _take_of_package(self, path: str, offer: Offer) -> None:
        """Keep a module of the course's package aside, to tell whether it was changed."""
        within = path.rpartition(f"{PACKAGE}/")[2]
        if path.endswith(".py") and len(self.package) < self.limits.files:
            self._require_size(offer)
            content = self._read(offer)
            # They are kept in memory as the files are, and count as these do.
            self._bytes += len(content) - len(self.package.get(within, b""))
            self.package[within] = content

    def _require_place(self, path: str) -> None:
        if path in self._folders or any(folder in self.files for folder in _folders_of(path)):
            raise UnreadableError("since a file and a folder have the same name")
        if path not in self.files and len(self.files) >= self.limits.files:
            raise UnreadableError(f"since there are more than {self.limits.files} files")

    def _require_size(self, offer: Offer) -> None:
        limits = self.limits
        if offer.size > limits.file_bytes:
            raise UnreadableError(_too_large(limits.file_bytes))
        packed = offer.packed
        is_large = offer.size > limits.ratio_from_bytes
        if is_large and packed is not None and offer.size > limits.ratio * packed:
            raise UnreadableError(_bomb(limits.ratio))

    def _read(self, offer: Offer) -> bytes:
        left = self.limits.total_bytes - self._bytes
        most = min(self.limits.file_bytes, left)
        if self._unpacked_bytes > _OFTEN * self.limits.total_bytes:
            raise UnreadableError(self._full())
        content = bytearray()
        with offer.open() as stream:
            while chunk := _read_chunk(stream):
                content += chunk
                self._unpacked_bytes += len(chunk)
                if len(content) > most:
                    raise UnreadableError(
                        _too_large(most) if most == self.limits.file_bytes else self._full()
                    )
        return bytes(content)

    def _full(self) -> str:
        return f"since all files together are larger than {_megabytes(self.limits.total_bytes)}"

    def remarks(self) -> list[str]:
        """Return what is to be said, in sentences."""
        said = list(self.left_out.sentences())
        if self._twice:
            names = shown_names(list(dict.fromkeys(self._twice)))
            said.append(f"There more than once, the last one counts: {names}.")
        if pairs := self._differing_in_case():
            said.append(f"Names that differ in upper and lower case only: {shown_names(pairs)}.")
        return said

    def _differing_in_case(self) -> list[str]:
        seen: dict[str, str] = {}
        pairs = []
        for path in sorted(self.files):
            other = seen.setdefault(path.casefold(), path)
            if other != path:
                pairs.append(f"{shown(other)} and {shown(path)}")
        return pairs


def _read_chunk(stream: IO[bytes]) -> bytes:
    return stream.read(_CHUNK)


def _folders_of(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _too_large(limit: int) -> str:
    return f"since it is larger than {_megabytes(limit)}"


def _bomb(ratio: int) -> str:
    return f"since it would unpack to more than {ratio} times its size"


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:g} MB"
