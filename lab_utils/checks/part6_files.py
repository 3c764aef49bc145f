"""The files of part 6: a statement each, and pictures that a person marks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lab_utils.checks.base import CheckContext
from lab_utils.errors import CheckError, QueryError
from lab_utils.query_text import fill_in
from lab_utils.statements import names_in_braces, read_statement, without_comments

READINGS, MEANS = "dashboard/readings.sql", "dashboard/zone_means.sql"
INVALID, DECISIONS = "dashboard/invalid.partiql", "dashboard/decisions.sql"
_PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".pdf"}
_GIVEN_PICTURE = re.compile(r"img[_-]?\d*\.png")
"""The practical's own pictures, as its repository has them in ``doc/``."""
_NO_STUDENTS_FOLDERS = {"runs", "tests", "node_modules", "build", "site-packages"}
_MOST_NAMED, _MOST_LOOKED_AT = 5, 5000
WINDOW_NAMES = ("begin", "end")
Window = tuple[pd.Timestamp, pd.Timestamp]
_NOW = re.compile(r"\b(?:ago|now)\s*\(|\bcurrent_(?:timestamp|date|time)\b|\bmax\s*\(\s*time", re.I)


@dataclass(frozen=True)
class Question:
    """A student's statement, ready to be sent.

    Attributes:
        name: Its file.
        sql: With values in place of the names in braces.
        begin: Where its window begins, if it was told so; None where it looks back from now.
    """

    name: str
    sql: str
    begin: pd.Timestamp | None


def read_file(context: CheckContext, name: str) -> str:
    """Return the statement in a student's file.

    Raises:
        CheckError: There is no such file; with the pictures that there are.
        QueryError: It holds no question.
    """
    workspace = context.workspace
    if workspace is not None and (workspace / name).is_file():
        return read_statement(workspace, name)
    seen = f"there is no file {name} in the workspace"
    pictures = list(_pictures(workspace)) if workspace is not None else []
    if pictures:
        seen += f"; for a person to mark: {', '.join(pictures)}"
    raise CheckError(
        f"read {name}",
        seen,
        f"part 6 is the practical's bonus part. Notebook 6 asks for this file (a cell that begins "
        f"with %%workspace {name}); without notebooks, write one SELECT into it. Screenshots of "
        "a dashboard earn no points here: they are named, for whoever marks them.",
    )


def read_window(
    context: CheckContext, name: str, window: Window, values: Mapping[str, object] | None = None
) -> Question:
    """Return a statement for Timestream, which has to be limited to a window of time.

    Args:
        context: What the check may use.
        name: The file.
        window: Stands for ``{begin}`` and ``{end}`` where the statement has them; one with
            ``ago(...)`` looks back from now by itself.
        values: What stands for other names in braces, each of which it has to hold.

    Raises:
        CheckError: No such file, a variable of a notebook, or no window of time.
        QueryError: It holds no question, or a name in braces within quotes.
    """
    sql = read_file(context, name)
    held, needed = set(names_in_braces(sql)), values or {}
    _require_names(name, held, needed)
    if "begin" not in held and not _NOW.search(without_comments(sql)):
        raise CheckError(
            f"run {name}",
            f"{name} says nothing about when: it reads the whole table, however old",
            "limit it: AND time BETWEEN {begin} AND {end}, or AND time > ago(15m). Timestream "
            "bills what a query reads, and a dashboard asks each few seconds.",
        )
    filled = fill_in(sql, {**dict(zip(WINDOW_NAMES, window, strict=True)), **needed})
    return Question(name, filled, window[0] if "begin" in held else None)


def _require_names(name: str, held: Set[str], needed: Mapping[str, object]) -> None:
    """Make sure that a statement holds the names in braces that are filled in, and no others.

    Raises:
        CheckError: A variable of a notebook, or a number in place of a name.
    """
    foreign = sorted(held - set(WINDOW_NAMES) - set(needed))
    if foreign:
        raise CheckError(
            f"run {name}",
            f"{name} holds {{{foreign[0]}}}, a variable of a notebook",
            "who shows a dashboard fills in {begin} and {end} and nothing else; or look back from "
            "now, by time > ago(15m).",
        )
    if missing := [one for one in needed if one not in held]:
        raise CheckError(
            f"run {name}",
            f"{name} does not hold {' and '.join(f'{{{one}}}' for one in missing)}",
            "write the names in braces in place of numbers: the check fills in thresholds of its "
            "own, as you do for the question 'what if?'.",
        )


def explain(name: str, error: QueryError) -> CheckError:
    """Return the refusal of a student's statement as what a check has seen."""
    hint = error.next_step
    if "Cannot apply operator" in error.happened or "varchar" in error.happened.lower():
        hint = (
            "dimensions are texts (VARCHAR): CAST(temperature AS DOUBLE) is a number that can be "
            f"compared and averaged. {hint}"
        )
    return CheckError(f"run {name}", f"{name} is refused: {error.happened}", hint)


def _pictures(workspace: Path) -> Iterator[str]:
    """Yield the first pictures of a workspace that a student may have put there."""
    looked_at = named = 0
    for folder, folders, files in os.walk(workspace):
        folders[:] = sorted(
            one for one in folders if not one.startswith(".") and one not in _NO_STUDENTS_FOLDERS
        )
        for name in sorted(files):
            looked_at += 1
            is_picture = Path(name).suffix.lower() in _PICTURES
            if is_picture and not _GIVEN_PICTURE.fullmatch(name) and named < _MOST_NAMED:
                named += 1
                yield (Path(folder) / name).relative_to(workspace).as_posix()
        if looked_at > _MOST_LOOKED_AT or named >= _MOST_NAMED:
            return
