"""What the replay of a submission's notebooks does: which cells, in which way."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lab_utils.configuration import declared_addresses
from lab_utils.grading.replaying.lasting import may_last
from lab_utils.grading.submissions.course import given_seed, with_unix_ends
from lab_utils.grading.submissions.roles import CHECK, FILE, OWN, SHOWN
from lab_utils.grading.submissions.shelf import FOLDER, RELEASED, ROLE, is_stub

_MAGIC = re.compile(r"\s*%%(terraform|workspace)[ \t]*([^\n]*)(?:\n|\Z)(.*)", re.S)
_DESTROY = re.compile(r"0?7_")


@dataclass(frozen=True)
class Step:
    """A cell to replay.

    Attributes:
        name: The cell's id or its number, for people.
        role: See `roles`.
        source: Its text.
        magic: ``terraform`` or ``workspace`` where it writes a file; else "".
        file: The file that it writes.
        text: What it writes.
        cell: The id under which its section is written; "" where two cells have the same.
        is_parameters: Whether values are injected after it.
        is_released: Whether it is as the course gives it: then its errors are not the student's.
    """

    name: str
    role: str
    source: str
    magic: str = ""
    file: str = ""
    text: str = ""
    cell: str = ""
    is_parameters: bool = False
    is_released: bool = False


@dataclass(frozen=True)
class Chapter:
    """A notebook to replay.

    Attributes:
        name: Its file's name without the ending.
        steps: Its cells in order, without checks.
        is_run: Whether a kernel runs its Python; else only its files are written.
    """

    name: str
    steps: tuple[Step, ...]
    is_run: bool


@dataclass(frozen=True)
class Plan:
    """The replay of a submission.

    Attributes:
        chapters: The notebooks in order.
        own: The files of the submission that are not the course's; they win over the cells.
        addresses: The blocks that its own Terraform files declare.
    """

    chapters: tuple[Chapter, ...]
    own: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the plan for the worker."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Plan:
        """Return the plan that `to_json` wrote."""
        chapters = tuple(
            Chapter(one["name"], tuple(Step(**step) for step in one["steps"]), one["is_run"])
            for one in told["chapters"]
        )
        return cls(chapters, tuple(told["own"]), tuple(told["addresses"]))


def plan_replay(submission: Path) -> Plan:
    """Return the plan for the notebooks that make something: all but the last one.

    Args:
        submission: The folder that `Submission.write_to` wrote.
    """
    books = [path for path in _books(submission) if not _DESTROY.match(path.name)]
    own = tuple(_own_files(submission))
    texts = [submission / path for path in own if path.startswith("terraform/")]
    addresses = {
        address
        for path in texts
        if path.suffix == ".tf"
        for address in declared_addresses(path.read_text(encoding="utf-8", errors="replace"))
    }
    return Plan(tuple(_chapter(path) for path in books), own, tuple(sorted(addresses)))


def plan_teardown(submission: Path) -> Plan | None:
    """Return the plan for the notebook of part 7, which is run as a whole; None without one."""
    books = [path for path in _books(submission) if _DESTROY.match(path.name)]
    chapters = tuple(Chapter(path.stem, tuple(_steps(path)), is_run=True) for path in books[:1])
    return Plan(chapters) if chapters else None


def _books(submission: Path) -> list[Path]:
    return sorted((submission / FOLDER).glob("*.ipynb"))


def _own_files(submission: Path) -> Iterator[str]:
    seed = given_seed()
    for path in sorted(submission.rglob("*")):
        name = path.relative_to(submission).as_posix()
        if path.is_file() and not (name.startswith(FOLDER) and name.endswith(".ipynb")):
            given = seed.get(name)
            if given is None or with_unix_ends(given) != with_unix_ends(path.read_bytes()):
                yield name


def _chapter(path: Path) -> Chapter:
    """Return a notebook's part of the plan; what comes after its last own Python is not run."""
    steps = tuple(_steps(path))
    lasting = [place for place, one in enumerate(steps) if one.role == OWN and may_last(one.source)]
    if not lasting:
        return Chapter(path.stem, tuple(one for one in steps if one.role == FILE), is_run=False)
    last = lasting[-1]
    kept = (one for place, one in enumerate(steps) if place <= last or one.role == FILE)
    return Chapter(path.stem, tuple(kept), is_run=True)


def _steps(path: Path) -> Iterator[Step]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    names = Counter(cell["metadata"].get("name", "") for cell in cells)
    for number, cell in enumerate(cells, start=1):
        metadata, source = cell["metadata"], cell["source"]
        role = metadata.get(ROLE, "")
        if cell["cell_type"] != "code" or role in {CHECK, SHOWN} or is_stub(source):
            continue
        name = metadata.get("name", "")
        own_id = name if names[name] == 1 else ""
        magic = _MAGIC.match(source) if role == FILE else None
        kind, file, text = magic.groups() if magic else ("", "", "")
        yield Step(
            name or f"number {number}",
            role,
            source,
            kind,
            file.strip(),
            text,
            own_id,
            is_parameters="parameters" in metadata.get("tags", []),
            is_released=metadata.get(RELEASED, False),
        )
