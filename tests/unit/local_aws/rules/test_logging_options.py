"""The logging options of AWS IoT: which level counts for whom."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.logging_options import (
    LEVEL_PATH,
    OPTIONS_PATH,
    LoggingOptions,
    Source,
)

PLACE = Place("123456789012", "eu-west-1")
ROLE = "arn:aws:iam::123456789012:role/logger"
ANYBODY = Source("somebody", "certificate", "127.0.0.1")


def call(
    options: LoggingOptions,
    method: str,
    path: str,
    body: dict[str, Any] | None = None,
    query: dict[str, str] | None = None,
) -> tuple[int, dict[str, Any]]:
    content = json.dumps(body).encode() if body is not None else b""
    status, _, answer = options.answer(PLACE, method, path, query or {}, content)
    document: dict[str, Any] = json.loads(answer)
    return status, document


def options_at(level: str, **more: Any) -> LoggingOptions:
    options = LoggingOptions(lambda _, client: {"kitchen"} if client == "temp_2" else set())
    body = {"roleArn": ROLE, "defaultLogLevel": level, **more}
    assert call(options, "POST", OPTIONS_PATH, body)[0] == 200
    return options


def set_level(options: LoggingOptions, kind: str, name: str, level: str) -> int:
    target = {"targetType": kind, "targetName": name}
    return call(options, "POST", LEVEL_PATH, {"logTarget": target, "logLevel": level})[0]


def test_nothing_is_written_before_logging_was_switched_on() -> None:
    options = LoggingOptions()
    assert not options.writes(PLACE, "ERROR", ANYBODY)
    assert call(options, "GET", OPTIONS_PATH)[0] == 404
    assert call(options, "GET", LEVEL_PATH)[1]["__type"] == "NotConfiguredException"
    assert set_level(options, "CLIENT_ID", "a", "DEBUG") == 404


def test_the_default_level_lets_through_what_is_as_grave() -> None:
    options = options_at("WARN")
    written = [
        level for level in ("ERROR", "WARN", "INFO") if options.writes(PLACE, level, ANYBODY)
    ]
    assert written == ["ERROR", "WARN"]
    assert not options.writes(Place("123456789012", "us-east-1"), "ERROR", ANYBODY)
    assert not options_at("DISABLED").writes(PLACE, "ERROR", ANYBODY)
    assert not options_at("DEBUG", disableAllLogs=True).writes(PLACE, "ERROR", ANYBODY)


@pytest.mark.parametrize(
    ("kind", "name", "source"),
    [
        ("CLIENT_ID", "temp_1", Source("temp_1", "p", "127.0.0.1")),
        ("PRINCIPAL_ID", "certificate", Source("x", "certificate", "127.0.0.1")),
        ("SOURCE_IP", "10.0.0.1", Source("x", "p", "10.0.0.1")),
        ("THING_GROUP", "kitchen", Source("temp_2", "p", "127.0.0.1")),
    ],
)
def test_a_level_for_a_target_counts_instead_of_the_default(
    kind: str, name: str, source: Source
) -> None:
    options = options_at("ERROR")
    assert set_level(options, kind, name, "DEBUG") == 200
    assert options.writes(PLACE, "DEBUG", source)
    assert not options.writes(PLACE, "WARN", Source("other", "other", "10.0.0.2"))
    set_level(options, kind, name, "DISABLED")
    assert not options.writes(PLACE, "ERROR", source)
    query = {"targetType": kind, "targetName": name}
    assert call(options, "DELETE", LEVEL_PATH, query=query)[0] == 200
    assert options.writes(PLACE, "ERROR", source)


def test_of_several_levels_the_one_that_says_most_counts() -> None:
    options = options_at("ERROR")
    set_level(options, "CLIENT_ID", "temp_2", "WARN")
    set_level(options, "THING_GROUP", "kitchen", "DEBUG")
    assert options.writes(PLACE, "DEBUG", Source("temp_2", "p", "127.0.0.1"))


def test_levels_are_listed_by_pages_and_by_kind() -> None:
    options = options_at("ERROR")
    for name in ("a", "b"):
        set_level(options, "CLIENT_ID", name, "INFO")
    set_level(options, "SOURCE_IP", "10.0.0.1", "WARN")
    _, everything = call(options, "GET", LEVEL_PATH)
    assert [one["logLevel"] for one in everything["logTargetConfigurations"]] == [
        "ERROR",
        "INFO",
        "INFO",
        "WARN",
    ]
    _, first = call(options, "GET", LEVEL_PATH, query={"maxResults": "3"})
    _, last = call(options, "GET", LEVEL_PATH, query={"nextToken": first["nextToken"]})
    assert (len(first["logTargetConfigurations"]), last["logTargetConfigurations"]) == (
        3,
        [
            {
                "logTarget": {"targetType": "SOURCE_IP", "targetName": "10.0.0.1"},
                "logLevel": "WARN",
            }
        ],
    )
    _, clients = call(options, "GET", LEVEL_PATH, query={"targetType": "CLIENT_ID"})
    assert len(clients["logTargetConfigurations"]) == 2


def test_the_default_level_can_be_set_as_a_target_too() -> None:
    options = options_at("ERROR")
    target = {"logTarget": {"targetType": "DEFAULT"}, "logLevel": "DEBUG"}
    assert call(options, "POST", LEVEL_PATH, target)[0] == 200
    assert call(options, "GET", OPTIONS_PATH)[1]["defaultLogLevel"] == "DEBUG"


def test_options_and_levels_survive_being_saved() -> None:
    before = options_at("WARN")
    set_level(before, "CLIENT_ID", "a", "DEBUG")
    after = LoggingOptions()
    after.load(before.read())
    assert call(after, "GET", OPTIONS_PATH) == call(before, "GET", OPTIONS_PATH)
    assert after.writes(PLACE, "DEBUG", Source("a"))


def test_options_that_were_saved_before_there_were_levels_are_taken() -> None:
    saved = {"roleArn": ROLE, "defaultLogLevel": "INFO", "disableAllLogs": False}
    options = LoggingOptions()
    options.load(json.dumps([[PLACE.account, PLACE.region, saved]]).encode())
    assert options.writes(PLACE, "INFO", ANYBODY)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "role ARN"),
        ({"roleArn": ROLE, "defaultLogLevel": "LOUD"}, "'LOUD' at 'defaultLogLevel'"),
    ],
)
def test_options_that_make_no_sense_are_refused(body: dict[str, Any], message: str) -> None:
    options = LoggingOptions()
    status, answer = call(options, "POST", OPTIONS_PATH, body)
    assert (status, answer["__type"]) == (400, "InvalidRequestException")
    assert message in answer["message"]
    assert call(options, "GET", OPTIONS_PATH)[0] == 404


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"logTarget": {"targetType": "HOUSE", "targetName": "a"}, "logLevel": "INFO"}, "HOUSE"),
        ({"logTarget": {"targetType": "CLIENT_ID"}, "logLevel": "INFO"}, "needs a name"),
        ({"logTarget": {"targetType": "CLIENT_ID", "targetName": "a"}}, "'logLevel'"),
    ],
)
def test_levels_that_make_no_sense_are_refused(body: dict[str, Any], message: str) -> None:
    status, answer = call(options_at("ERROR"), "POST", LEVEL_PATH, body)
    assert status == 400
    assert message in answer["message"]
