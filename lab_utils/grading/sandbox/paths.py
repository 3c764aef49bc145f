"""Where things lie in a cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CELL_ROOT = Path("/cell")
"""What can be written in an enclosed cell: a file system in memory that vanishes with it."""


@dataclass(frozen=True)
class CellPaths:
    """The folders of a cell.

    Attributes:
        root: Holds all the others; ``/cell``, or a temporary folder where nothing is enclosed.
    """

    root: Path = CELL_ROOT

    @property
    def order(self) -> Path:
        """The order as JSON; only the cell's own process sees it."""
        return self.root / "order.json"

    @property
    def given(self) -> Path:
        """The files that came with the order; only the cell's own process sees them."""
        return self.root / "given"

    @property
    def workspace(self) -> Path:
        """The student's workspace: the embedded AWS and the student's programs write it too."""
        return self.root / "workspace"

    @property
    def shared(self) -> Path:
        """What the grader lets the student's programs read: the session, the CA."""
        return self.root / "shared"

    @property
    def scratch(self) -> Path:
        """The grader's ``TMPDIR``: the student's programs may write what it makes there."""
        return self.root / "scratch"

    @property
    def private(self) -> Path:
        """A folder of the grader's own: neither the student's programs nor the AWS see it."""
        return self.root / "private"

    @property
    def server(self) -> Path:
        """The embedded AWS's own folders; the student's programs do not see it."""
        return self.root / "server"

    @property
    def lab(self) -> Path:
        """Where the embedded AWS keeps all that it stores."""
        return self.server / "lab"

    @property
    def guest(self) -> Path:
        """The session of the embedded AWS, as the student's programs may read it."""
        return self.lab / "guest"

    @property
    def tasks(self) -> Path:
        """A folder for each of the student's programs, which is its ``/tmp``."""
        return self.root / "tasks"

    def all(self) -> tuple[Path, ...]:
        """Return the folders that are there from the beginning."""
        return (
            self.given,
            self.workspace,
            self.shared,
            self.scratch,
            self.private,
            self.server,
            self.tasks,
        )
