"""Statements that stand in files of the workspace: a dashboard's questions, one a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.errors import QueryError
from lab_utils.queries import run_query
from lab_utils.query_text import fill_in
from lab_utils.tables import frame_of_items

PARTIQL = ".partiql"
"""The ending of a statement for DynamoDB; every other one is Timestream's."""
_MOST_BYTES = 65_536
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.S)
_WORKBOOK_LINE = re.compile(r"^#.*$", re.M)
"""An exercise's stub and the marks of its solution; neither language knows ``#``."""
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_BRACES = re.compile(r"\{([^\W\d]\w*)\}")
_READS = re.compile(r"\s*(?:SELECT|WITH)\b", re.I)


def read_statement(workspace: Path, name: str) -> str:
    """Return the statement in a file of the workspace, which asks and changes nothing.

    Args:
        workspace: The folder that the file must not lead out of.
        name: Its path there, such as ``dashboard/readings.sql``.

    Raises:
        QueryError: No such file, one that is no text, or a statement that is no SELECT.
    """
    path = workspace / name
    if not path.is_file() or not path.resolve().is_relative_to(workspace.resolve()):
        raise _unreadable(name, f"there is no file {name} in the workspace.")
    data = path.read_bytes()[: _MOST_BYTES + 1]
    try:
        text = _WORKBOOK_LINE.sub("", data.decode("utf-8"))
    except UnicodeDecodeError:
        raise _unreadable(name, f"{name} is no text in UTF-8.") from None
    if len(data) > _MOST_BYTES:
        raise _unreadable(name, f"{name} has more than {_MOST_BYTES // 1024} KiB.")
    bare = without_comments(text).strip()
    if not bare:
        raise _unreadable(name, f"{name} holds no statement yet.")
    if not _READS.match(bare):
        seen = f"{name} begins with {bare.split(maxsplit=1)[0]!r}: that is no question."
        raise _unreadable(name, seen)
    return text


def without_comments(sql: str) -> str:
    """Return a statement without its comments."""
    return _COMMENT.sub(" ", sql)


def names_in_braces(sql: str) -> tuple[str, ...]:
    """Return the names in braces that get a value, each once: those in no text and no comment.

    Raises:
        QueryError: One is the whole of a text, as in ``timestamp '{begin}'``: nothing would be
            put there.
    """
    bare = without_comments(sql)
    for text in _QUOTED.findall(bare):
        name = text.strip("' ")
        if _BRACES.fullmatch(name):
            raise QueryError(
                "fill in the statement",
                f"{text} in quotes is a text, so no value takes its place.",
                f"write {name} without quotes, and without a word such as timestamp "
                "before it: the value brings what it needs.",
                sql=sql,
            )
    return tuple(dict.fromkeys(_BRACES.findall(_QUOTED.sub("''", bare))))


def ask_timestream(client: Any, sql: str, values: Mapping[str, object]) -> pd.DataFrame:
    """Return the result of a statement with the values of its names in braces; see `run_query`.

    Raises:
        QueryError: A name that has no value, or Timestream refuses.
    """
    missing = [name for name in names_in_braces(sql) if name not in values]
    if missing:
        raise QueryError(
            "fill in the statement",
            f"{{{missing[0]}}} has no value.",
            f"give it one, as in lab.ask(..., {missing[0]}=...), or mend the name.",
            sql=sql,
        )
    return run_query(client, fill_in(sql, values))


def ask_dynamodb(client: Any, statement: str) -> pd.DataFrame:
    """Return what a PartiQL SELECT finds, on all pages, typed as `read_table` does it.

    Args:
        client: The boto3 client of DynamoDB.
        statement: One SELECT.

    Returns:
        A row an item, a column an attribute, by name; without items there is no column.

    Raises:
        QueryError: DynamoDB refuses, or does not answer.

    Source:
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html
    """
    items: list[dict[str, Any]] = []
    page: dict[str, Any] = {}
    try:
        while not page or page.get("NextToken"):
            more = {"NextToken": page["NextToken"]} if page else {}
            page = client.execute_statement(Statement=statement.strip(), **more)
            items += page["Items"]
    except (ClientError, BotoCoreError) as error:
        raise QueryError(
            "ask DynamoDB",
            f"DynamoDB refused: {error}",
            'compare with SELECT id FROM "Temperature" WHERE sensor_id = 4: names in double '
            "quotes or none, texts in single ones, no AS, no functions.",
            sql=statement,
        ) from error
    return frame_of_items(items)


def _unreadable(name: str, happened: str) -> QueryError:
    return QueryError(
        f"read the statement {name}",
        happened,
        f"write it by a cell that begins with %%workspace {name}, or in an editor: one SELECT.",
    )
