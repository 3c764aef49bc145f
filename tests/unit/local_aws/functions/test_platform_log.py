"""The lines that Lambda itself writes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from lab_utils.local_aws.functions.model import Function, Outcome
from lab_utils.local_aws.functions.platform_log import Usage, iso_moment, platform_log
from lab_utils.local_aws.place import Place

FUNCTION = Function(
    place=Place("123456789012", "eu-west-1"),
    name="f",
    version="7",
    revision="r",
    runtime="python3.12",
    handler="m.h",
    role_arn="arn:aws:iam::123456789012:role/r",
    timeout_s=3.0,
    memory_mb=128,
    variables={},
    log_group="/aws/lambda/f",
    is_json_log=False,
    log_level="",
    code=Path("code"),
)
FINE = Outcome(b"null")
LATE = Outcome(
    b'{"errorMessage": "RequestId: i Error: Task timed out after 3.00 seconds"}',
    "Sandbox.Timedout",
    "timeout",
    is_over=True,
)
GONE = Outcome(
    b'{"errorMessage": "RequestId: i Error: Runtime exited with error: exit status 1"}',
    "Runtime.ExitError",
    "error",
    is_over=True,
)
RAISED = Outcome(b'{"errorMessage": "no", "errorType": "ValueError"}', "ValueError", "error")
NOON_NS = 1_795_867_200_123_000_000
TEXT = platform_log(FUNCTION)
DOCUMENTS = platform_log(replace(FUNCTION, is_json_log=True))


def test_an_invocation_begins_and_ends_with_its_id() -> None:
    assert TEXT.start(0, "i") == "START RequestId: i Version: 7\n"
    assert TEXT.end("i") == "END RequestId: i\n"


def test_a_report_rounds_up_what_is_billed_and_names_the_start_once() -> None:
    cold = TEXT.report(0, "i", Usage(15.736, 130.4, 56), FINE)
    assert cold == (
        "REPORT RequestId: i\tDuration: 15.74 ms\tBilled Duration: 147 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 56 MB\tInit Duration: 130.40 ms\t\n"
    )
    warm = TEXT.report(0, "i", Usage(2.0, None, 900), RAISED)
    assert warm == (
        "REPORT RequestId: i\tDuration: 2.00 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 128 MB\t\n"
    )


def test_an_end_that_the_function_did_not_choose_is_named() -> None:
    usage = Usage(3000.0, None, 40)
    assert str(TEXT.report(0, "i", usage, LATE)).endswith("MB\tStatus: timeout\n")
    assert str(TEXT.report(0, "i", usage, GONE)).endswith(
        "MB\tStatus: error\tError Type: Runtime.ExitError\n"
    )
    assert TEXT.failure(NOON_NS, "i", LATE) == (
        "2026-11-28T12:00:00.123Z i Task timed out after 3.00 seconds\n\n"
    )
    assert TEXT.failure(0, "i", GONE) == (
        "RequestId: i Error: Runtime exited with error: exit status 1\nRuntime.ExitError\n"
    )
    assert TEXT.failure(0, "i", RAISED) is None


def test_a_start_is_told_and_one_that_fails_is_reported() -> None:
    assert str(TEXT.init_start(0)).startswith("INIT_START Runtime Version: python:3.12.v1\t")
    assert TEXT.init_report(0, 12.3, "init", RAISED) == (
        "INIT_REPORT Init Duration: 12.30 ms\tPhase: init\tStatus: error\tError Type: ValueError\n"
    )


def test_json_has_the_same_in_documents() -> None:
    start = json.loads(str(DOCUMENTS.start(NOON_NS, "i")))
    assert start == {
        "time": "2026-11-28T12:00:00.123Z",
        "type": "platform.start",
        "record": {"requestId": "i", "version": "7"},
    }
    report = json.loads(str(DOCUMENTS.report(0, "i", Usage(1.5, 2.5, 50), GONE)))
    assert report["record"]["metrics"] == {
        "durationMs": 1.5,
        "billedDurationMs": 4,
        "memorySizeMB": 128,
        "maxMemoryUsedMB": 50,
        "initDurationMs": 2.5,
    }
    assert (report["record"]["status"], report["record"]["errorType"]) == (
        "error",
        "Runtime.ExitError",
    )
    assert (DOCUMENTS.end("i"), DOCUMENTS.failure(0, "i", LATE)) == (None, None)


def test_a_moment_is_told_to_the_millisecond() -> None:
    assert iso_moment(0) == "1970-01-01T00:00:00.000Z"
