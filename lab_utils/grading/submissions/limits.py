"""How much of a submission is read."""

from __future__ import annotations

from dataclasses import dataclass

from lab_utils.grading.sandbox.limits import MB


@dataclass(frozen=True)
class ReadingLimits:
    """What a submission may have; what goes beyond is left out, with a remark.

    The numbers leave room for a repository that carries boto3 in its Lambda package (2,600 files,
    90 MB) and for notebooks full of figures.

    Attributes:
        archive_bytes: Size of an archive itself.
        directory_bytes: Size of a zip's table of contents, which is read as a whole.
        entries: How many entries of an archive or a folder are looked at.
        files: How many files are taken.
        total_bytes: Their size in all, unpacked.
        file_bytes: Size of one file, unpacked.
        ratio: How many times smaller a file may be packed than unpacked, from ``ratio_from_bytes``
            on. Text packs 20 times smaller, a bomb a thousand times.
        ratio_from_bytes: Smaller files are harmless however they are packed.
        depth: How many folders deep a file may lie.
        name_bytes: Length of one name in UTF-8; a file system takes 255.
        path_bytes: Length of a path in UTF-8.
    """

    archive_bytes: int = 200 * MB
    directory_bytes: int = 16 * MB
    entries: int = 100_000
    files: int = 20_000
    total_bytes: int = 256 * MB
    file_bytes: int = 64 * MB
    ratio: int = 200
    ratio_from_bytes: int = MB
    depth: int = 24
    name_bytes: int = 200
    path_bytes: int = 800


LIMITS = ReadingLimits()
