"""Offers the files of a zip or a tar, whatever the archive claims about itself."""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from lab_utils.grading.submissions.collection import (
    Collection,
    Offer,
    SubmissionError,
    UnreadableError,
)
from lab_utils.grading.submissions.folders import open_file
from lab_utils.grading.submissions.naming import readable_name

_END_RECORD, _END_BYTES = b"PK\x05\x06", 22
_LONGEST_COMMENT = 65535
_BLOCK = 512
"""Of a tar: a header takes one, and a file is filled up to a whole number of them."""
_GZIP, _BZIP2, _XZ = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00"
_UNPACKERS: dict[bytes, Callable[[IO[bytes]], Any]] = {
    _GZIP: lambda stream: gzip.GzipFile(fileobj=stream),
    _BZIP2: bz2.BZ2File,
    _XZ: lzma.LZMAFile,
}
_FOREIGN = {b"Rar!": "RAR", b"7z\xbc\xaf\x27\x1c": "7-Zip", b"\x28\xb5\x2f\xfd": "Zstandard"}
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    OSError,
    NotImplementedError,
    RuntimeError,  # zipfile: a password is wanted
    ValueError,  # tarfile: numbers that are none
    struct.error,
)
"""What Python's readers raise on archives that are not what they should be."""
_UNIX = 3


def archive_kind(path: Path) -> str:
    """Return ``zip``, ``tar``, another archive's name, or "" for what is none, by its bytes."""
    with open_file(path) as stream:
        head = stream.read(512)
    if head[:4] in {b"PK\x03\x04", _END_RECORD} or path.suffix.lower() == ".zip":
        return "zip"
    if head.startswith(tuple(_UNPACKERS)) or head[257:262] == b"ustar":
        return "tar"
    return next((name for mark, name in _FOREIGN.items() if head.startswith(mark)), "")


def collect_archive(path: Path, collection: Collection, prefix: str = "") -> None:
    """Take the files of an archive; an archive inside it is a file like any other.

    Args:
        path: A zip, or a tar, packed by gzip, bzip2, xz or not at all.
        collection: Takes the files.
        prefix: Put before each name, with its slash.

    Raises:
        SubmissionError: It is no archive that can be read at all.
    """
    kind = archive_kind(path)
    if path.stat().st_size > collection.limits.archive_bytes:
        megabytes = collection.limits.archive_bytes // 1024 // 1024
        raise _unreadable(path, f"It is larger than {megabytes} MB.")
    readers = {"zip": _collect_zip, "tar": _collect_tar}
    if kind not in readers:
        raise _unreadable(path, f"It is a {kind} archive." if kind else "It is no archive.")
    with open_file(path) as stream:
        try:
            readers[kind](stream, collection, prefix)
        except _DAMAGE as error:
            if not collection.files:
                raise _unreadable(path, f"It is damaged ({_words(error)}).") from error
            collection.left_out.add(f"since the archive is damaged ({_words(error)})", "the rest")


def _unreadable(path: Path, happened: str) -> SubmissionError:
    return SubmissionError(
        f"read the submission {path.name}", happened, "ask for it again, as a zip or a tar.gz."
    )


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _collect_zip(stream: IO[bytes], collection: Collection, prefix: str) -> None:
    _require_small_directory(stream, collection.limits.directory_bytes)
    with zipfile.ZipFile(stream) as archive:
        entries = archive.infolist()
        if len(entries) > collection.limits.entries:
            raise zipfile.BadZipFile(f"{len(entries)} entries")
        for entry in entries:
            if not entry.is_dir():
                _offer_zipped(archive, entry, collection, prefix)


def _require_small_directory(stream: IO[bytes], most: int) -> None:
    """Refuse a table of contents that would fill the memory: `zipfile` reads it as a whole."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT))
    end = stream.read()
    place = end.rfind(_END_RECORD)
    if 0 <= place <= len(end) - _END_BYTES:
        (told,) = struct.unpack_from("<I", end, place + 12)
        if min(told, size) > most:
            raise zipfile.BadZipFile("too many entries")
    stream.seek(0)


def _offer_zipped(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, collection: Collection, prefix: str
) -> None:
    name, mode = _zip_name(entry), entry.external_attr >> 16
    if "\0" in entry.orig_filename:
        collection.left_out.add("since the name holds control characters", name)
    elif stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        is_link = stat.S_ISLNK(mode)
        why = "since links are not followed" if is_link else "since it is no ordinary file"
        collection.left_out.add(why, name)
    elif entry.flag_bits & 0x1:
        collection.left_out.add("since it is encrypted with a password", name)
    else:
        has_mode = entry.create_system == _UNIX and mode != 0
        is_executable = bool(mode & 0o100) if has_mode else None
        offer = Offer(
            _prefixed(prefix, name),
            entry.file_size,
            lambda: _opened(archive, entry),
            entry.compress_size,
            is_executable,
        )
        with _damage_of(name, collection):
            collection.take(offer)


def _zip_name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name; without the flag for UTF-8 its bytes may be that all the same."""
    if entry.flag_bits & 0x800:
        return entry.filename
    return readable_name(entry.filename, entry.filename.encode("cp437", "replace"))


def _prefixed(prefix: str, name: str) -> str:
    # An absolute name stays one, so that it is told as what it is.
    return name if name.startswith(("/", "\\")) or name[1:2] == ":" else prefix + name


def _opened(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return archive.open(entry)
    except NotImplementedError as error:
        raise UnreadableError("since it is packed in a way that cannot be read") from error


@contextmanager
def _damage_of(name: str, collection: Collection) -> Iterator[None]:
    """Let the damage of one file be its own."""
    try:
        yield
    except _DAMAGE as error:
        collection.left_out.add(f"since it is damaged ({_words(error)})", name)


class _Counted:
    """A stream that ends with an error where a bomb would go on unpacking."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self._stream, self._left = stream, most

    def read(self, size: int = -1) -> bytes:
        """Return bytes of the stream.

        Raises:
            TarError: There are more than may be.
        """
        content = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(content)
        if self._left < 0:
            raise tarfile.TarError("it unpacks to more than may be")
        return content


def _collect_tar(stream: IO[bytes], collection: Collection, prefix: str) -> None:
    head = stream.read(8)
    stream.seek(0)
    unpack = next((one for mark, one in _UNPACKERS.items() if head.startswith(mark)), None)
    unpacked = unpack(stream) if unpack else stream
    # Headers and padding come on top of the files.
    most = collection.limits.total_bytes + 2 * _BLOCK * collection.limits.files
    counted = cast("IO[bytes]", _Counted(unpacked, most))
    with tarfile.open(fileobj=counted, mode="r|", errors="surrogateescape") as archive:
        for count, entry in enumerate(archive):
            if count > collection.limits.entries:
                raise tarfile.TarError("too many entries")
            if not entry.isdir():
                _offer_tarred(archive, entry, collection, prefix)


def _offer_tarred(
    archive: tarfile.TarFile, entry: tarfile.TarInfo, collection: Collection, prefix: str
) -> None:
    name = readable_name(entry.name, entry.name.encode("utf-8", "surrogateescape"))
    if not entry.isreg() or entry.issparse():
        is_link = entry.issym() or entry.islnk()
        why = "since links are not followed" if is_link else "since it is no ordinary file"
        collection.left_out.add(why, name)
        return

    def opened() -> IO[bytes]:
        content = archive.extractfile(entry)
        if content is None:
            raise UnreadableError("since it is no ordinary file")
        return content

    is_executable = bool(entry.mode & 0o100)
    collection.take(Offer(_prefixed(prefix, name), entry.size, opened, is_executable=is_executable))
