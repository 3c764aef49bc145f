"""Statements in files of the workspace: what is read and what is refused; DynamoDB's pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from lab_utils.errors import QueryError
from lab_utils.statements import (
    ask_dynamodb,
    ask_timestream,
    names_in_braces,
    read_statement,
    without_comments,
)

NAME = "dashboard/question.sql"


def write(workspace: Path, text: str | bytes) -> None:
    path = workspace / NAME
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize(
    "text", ["SELECT 1", "-- why\nWITH a AS (SELECT 1) SELECT * FROM a", "/* x */ select 1"]
)
def test_a_question_is_read_as_it_was_written(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    assert read_statement(tmp_path, NAME) == text


def test_the_marks_of_a_solution_are_no_part_of_the_statement(tmp_path: Path) -> None:
    write(tmp_path, "### BEGIN SOLUTION\nSELECT 1\n### END SOLUTION\n")
    assert read_statement(tmp_path, NAME).strip() == "SELECT 1"


@pytest.mark.parametrize(
    ("text", "happened"),
    [
        ("# YOUR CODE HERE\n", "holds no statement yet"),
        ("-- later\n", "holds no statement yet"),
        ("DELETE FROM Temperature", "begins with 'DELETE'"),
        ("UNLOAD (SELECT 1) TO 's3://a'", "begins with 'UNLOAD'"),
        ("SELECTED", "begins with 'SELECTED'"),
        (b"SELECT '\xff'", "no text in UTF-8"),
        ("SELECT 1 " * 10_000, "more than 64 KiB"),
    ],
)
def test_what_is_no_question_is_refused(tmp_path: Path, text: str | bytes, happened: str) -> None:
    write(tmp_path, text)
    with pytest.raises(QueryError, match=happened):
        read_statement(tmp_path, NAME)


def test_a_file_that_is_not_there_or_leads_out_of_the_workspace_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.sql"
    outside.write_text("SELECT 1")
    workspace = tmp_path / "workspace"
    (workspace / "dashboard").mkdir(parents=True)
    with pytest.raises(QueryError, match="there is no file dashboard/question"):
        read_statement(workspace, NAME)
    (workspace / NAME).symlink_to(outside)
    with pytest.raises(QueryError, match="there is no file"):
        read_statement(workspace, NAME)


def test_a_statement_is_looked_at_without_its_comments() -> None:
    bare = without_comments("SELECT 1 -- ago\n/* now\n*/ FROM a")
    assert bare.split() == ["SELECT", "1", "FROM", "a"]


def test_names_in_braces_are_those_in_no_text_and_no_comment() -> None:
    assert names_in_braces("SELECT {b}, {a}, '{c} x' -- {d}\nWHERE {b}") == ("b", "a")
    with pytest.raises(QueryError) as caught:
        names_in_braces("SELECT timestamp '{begin}'")
    assert "write {begin} without quotes" in caught.value.next_step


def test_a_name_without_a_value_is_told_before_timestream_is_asked() -> None:
    with pytest.raises(QueryError) as caught:
        ask_timestream(None, "SELECT {begin}", {"end": 1})
    assert "begin=..." in caught.value.next_step


def test_dynamodb_is_asked_for_all_pages_and_answers_with_numbers() -> None:
    client: Any = boto3.client(
        "dynamodb", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    item = {"id": {"S": "a"}, "temperature": {"N": "45.5"}, "zone_id": {"N": "2"}}
    with Stubber(client) as answers:
        asked = {"Statement": "SELECT 1"}
        first = {"Items": [item], "NextToken": "more"}
        answers.add_response("execute_statement", first, asked)
        answers.add_response("execute_statement", {"Items": [item]}, {**asked, "NextToken": "more"})
        frame = ask_dynamodb(client, "SELECT 1\n")
        answers.add_client_error("execute_statement", "ValidationException", "Unexpected term")
        with pytest.raises(QueryError, match="Unexpected term"):
            ask_dynamodb(client, "SELECT 1")
    assert frame["temperature"].tolist() == [45.5, 45.5]
    assert frame["zone_id"].dtype == "Int64"
