"""How much of the machine one submission may use."""

from __future__ import annotations

from dataclasses import dataclass

MB = 1024 * 1024
"""In bytes."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use; what goes over it is ended, with the reason.

    Attributes:
        seconds: Wall time of the whole cell.
        memory_mb: Memory of one program of the student's and all that it starts.
        cell_mb: Memory of the whole cell: the embedded AWS, the grader and the student's programs.
        processes: Processes of one program of the student's and all that it starts.
        threads: Threads and processes of the whole cell.
        disk_mb: Files that the whole cell writes; they lie in memory.
        files: How many files and folders the whole cell makes.
        file_mb: The largest file.
        output_bytes: Of what one program prints, this much is kept: its beginning and its end.
    """

    seconds: float = 600.0
    memory_mb: int = 2048
    cell_mb: int = 4096
    processes: int = 256
    threads: int = 2048
    disk_mb: int = 1024
    files: int = 200_000
    file_mb: int = 512
    output_bytes: int = 200_000
