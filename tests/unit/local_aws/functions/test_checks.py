"""What Lambda refuses of a function."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lab_utils.local_aws.functions.checks import (
    Circumstances,
    function_problem,
    principal_problem,
)

TODAY = date(2026, 11, 28)
NEW = Circumstances(is_new=True, today=TODAY, kept_runtimes=(), has_node=False)
CHANGED = NEW._replace(is_new=False)
CODE = {"ZipFile": "UEsF"}
GOOD = {"FunctionName": "ac_control_lambda", "Runtime": "python3.13", "Code": CODE}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"FunctionName": "n" * 64},
        {"FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:f"},
        {"FunctionName": "123456789012:function:f"},
        {"Timeout": 900, "MemorySize": 10_240, "Handler": "a/b.c"},
        {"Environment": {"Variables": {"DATABASE": "iot", "TZ": "Europe/Paris"}}},
        {"Runtime": "provided.al2023"},
        {"PackageType": "Zip"},
    ],
)
def test_what_lambda_takes_is_taken(change: dict[str, Any]) -> None:
    assert function_problem({**GOOD, **change}, NEW) is None


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"FunctionName": "a b"}, "ValidationException", "Value 'a b' at 'functionName' failed"),
        ({"FunctionName": "n" * 65}, "ValidationException", "at 'functionName' failed"),
        ({"Handler": "a b"}, "ValidationException", "Value 'a b' at 'handler' failed"),
        ({"Timeout": 901}, "ValidationException", "less than or equal to 900"),
        ({"Timeout": 0}, "ValidationException", "greater than or equal to 1"),
        ({"MemorySize": 20_000}, "ValidationException", "less than or equal to 10240"),
        ({"Code": {}}, "InvalidParameterValueException", "Please provide a source for function"),
        ({"PackageType": "Image"}, "InvalidParameterValueException", "no container images"),
        ({"Runtime": "python3.15"}, "InvalidParameterValueException", "Value python3.15 at"),
        ({"Runtime": "foo"}, "InvalidParameterValueException", "python3.14, python3.13"),
        ({"Runtime": "java21"}, "InvalidParameterValueException", "not run functions of the"),
        ({"Runtime": "nodejs22.x"}, "InvalidParameterValueException", "if `node` is on the PATH"),
        ({"Runtime": "python3.7"}, "InvalidParameterValueException", "is no longer supported"),
    ],
)
def test_what_lambda_refuses_is_refused(change: dict[str, Any], code: str, words: str) -> None:
    problem = function_problem({**GOOD, **change}, NEW)
    assert problem is not None
    assert problem.code == code
    assert words in problem.message


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"AWS_REGION": "x", "_HANDLER": "y"}, "used in this request: AWS_REGION, _HANDLER"),
        ({"LONG": "x" * 4090}, "exceeded the 4KB limit"),
        ({"LONG": "é" * 2045}, "exceeded the 4KB limit"),
        ({"1A": "x"}, "Value '{1A=x}' at 'environment.variables' failed"),
        ({"Aé": "x"}, "at 'environment.variables' failed"),
    ],
)
def test_variables_that_lambda_cannot_set_are_refused(
    variables: dict[str, str], words: str
) -> None:
    problem = function_problem({"Environment": {"Variables": variables}}, CHANGED)
    assert problem is not None
    assert words in problem.message


def test_a_course_may_keep_a_retired_runtime_and_a_machine_may_have_node() -> None:
    old, node = {**GOOD, "Runtime": "python3.7"}, {**GOOD, "Runtime": "nodejs22.x"}
    assert function_problem(old, NEW._replace(kept_runtimes=("python3.7",))) is None
    assert function_problem(old, NEW._replace(kept_runtimes=("python3.8",))) is not None
    assert function_problem(node, NEW._replace(has_node=True)) is None


@pytest.mark.parametrize(
    ("principal", "is_known"),
    [
        ("alexa-appkit.amazon.com", True),
        ("events.amazonaws.com", True),
        ("scheduler.amazonaws.com", True),
        ("iot.amazonaws.com", True),
        ("logs.eu-west-1.amazonaws.com", True),
        ("lambda.alarms.cloudwatch.amazonaws.com", True),
        ("123456789012", True),
        ("arn:aws:iam::123456789012:role/r", True),
        ("*", True),
        ("event.amazonaws.com", False),
        ("events.amazon.com", False),
        ("me", False),
    ],
)
def test_a_permission_is_for_somebody_who_exists(principal: str, is_known: bool) -> None:
    assert (principal_problem(principal) is None) is is_known


def test_a_change_needs_no_code_and_may_go_to_a_runtime_a_little_longer() -> None:
    assert function_problem({"Timeout": 5}, CHANGED) is None
    assert function_problem({"Runtime": "python3.8"}, CHANGED) is None
    assert function_problem({**GOOD, "Runtime": "python3.8"}, NEW) is not None
