from __future__ import annotations

from pathlib import Path

import pytest

from lab_utils.pipeline.branches import FEATURE_BRANCH, Event, named_branches, runs, starts
from lab_utils.pipeline.document import Map, read_document
from lab_utils.pipeline.expressions import ExpressionError, holds

MAIN = Event("main", "branch", "main")
FEATURE = Event(FEATURE_BRANCH, "branch", "main")
TAG = Event("v1.0", "tag", "main")
REQUEST = Event(FEATURE_BRANCH, "merge_request", "main")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A", True),
        ("$EMPTY", False),
        ("$NONE", False),
        ("$NONE == null", True),
        ("$EMPTY == null", False),
        ('$EMPTY == ""', True),
        ('$A == "a" && $NONE', False),
        ('$NONE && $A || $A == "a"', True),
        ('$NONE && ($A || $A == "a")', False),
        ("$A =~ /^A$/i", True),
        ("$A =~ /^A$/", False),
        ("$A !~ /b/", True),
        ("$NONE =~ /b/", False),
        ("$A =~ $PATTERN", True),
        ("$PATH_ =~ /feature\\/.*/", True),
        ('"a" == $A', True),
        ("'a' != ${A}", False),
        ("$A == $A", True),
    ],
)
def test_conditions_hold_as_gitlab_documents(text: str, expected: bool) -> None:
    variables = {"A": "a", "EMPTY": "", "PATTERN": "/a/", "PATH_": "feature/x"}
    assert holds(text, variables) is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$A ==",
        '$A = "a"',
        "($A",
        "$A)",
        "$A =~ b",
        "$A =~ /(/",
        '$A =~ "x"',
        "$A $A",
        "x" * 20_000,
        "(" * 5_000 + "$A" + ")" * 5_000,
        "(" * 4_000,
    ],
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        holds(text, {"A": "a"})


def keys(tmp_path: Path, text: str) -> Map:
    path = tmp_path / "a.yml"
    path.write_text(text, encoding="utf-8")
    return read_document(path, "a.yml").data


@pytest.mark.parametrize(
    ("text", "main", "feature", "tag", "request_"),
    [
        ("script: x", True, True, True, False),
        ("only: [main]", True, False, False, False),
        ("only: [branches]", True, True, False, False),
        ("only: [tags]", False, False, True, False),
        ("only: [merge_requests]", False, False, False, True),
        ("only: {refs: [/^ma.*/]}", True, False, False, False),
        ("only: {variables: ['$CI_COMMIT_BRANCH == \"main\"']}", True, False, False, False),
        ("except: [main]", False, True, True, False),
        ("{only: [branches], except: [/^a-/]}", True, False, False, False),
        ("rules: [{if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH}]", True, False, False, False),
        ("rules: [{if: $CI_COMMIT_TAG}]", False, False, True, False),
        ("rules: [{if: '$CI_PIPELINE_SOURCE == \"merge_request_event\"'}]", *(False,) * 3, True),
        ("rules: [{if: $CI_COMMIT_TAG, when: never}, {when: always}]", True, True, False, True),
        ("rules: [{changes: [src/*]}]", True, True, True, True),
        ("rules: []", False, False, False, False),
        ("{rules: [{if: $MINE}], variables: {MINE: x}}", True, True, True, True),
    ],
)
def test_a_job_runs_where_its_rules_say(
    tmp_path: Path, text: str, main: bool, feature: bool, tag: bool, request_: bool
) -> None:
    job = keys(tmp_path, text)
    got = [runs(job, event, {"MINE": "x"}) != "never" for event in (MAIN, FEATURE, TAG, REQUEST)]
    assert got == [main, feature, tag, request_]


def test_a_button_is_told_from_running_by_itself(tmp_path: Path) -> None:
    assert runs(keys(tmp_path, "when: manual"), MAIN, {}) == "manual"
    assert runs(keys(tmp_path, "rules: [{if: $CI, when: manual}]"), MAIN, {}) == "manual"


def test_the_workflow_may_let_no_pipeline_start(tmp_path: Path) -> None:
    workflow = keys(tmp_path, "rules: [{if: '$CI_COMMIT_BRANCH == \"main\"'}]")
    assert [starts(workflow, event, {}) for event in (MAIN, FEATURE)] == [True, False]
    assert starts(None, FEATURE, {})


def test_branches_that_are_named_literally_are_found(tmp_path: Path) -> None:
    assert named_branches(keys(tmp_path, "only: [master, tags, /x/]")) == ["master"]
    rules = "rules: [{if: '$CI_COMMIT_BRANCH == \"trunk\"'}]"
    assert named_branches(keys(tmp_path, rules)) == ["trunk"]
